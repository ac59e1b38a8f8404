//! Compiles the markup; for tests with what they find elements by.

use slint_build::{CompilerConfiguration, compile_with_config};

fn main() -> Result<(), slint_build::CompileError> {
    let tested = std::env::var("PROFILE").is_ok_and(|profile| profile == "debug");
    // One look on every system: the controls are our own, and only what scrolls is the style's.
    let configuration = CompilerConfiguration::new().with_style("fluent".to_owned()).with_debug_info(tested);
    compile_with_config("ui/app.slint", configuration)
}
