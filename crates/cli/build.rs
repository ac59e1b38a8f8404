//! Has the linker keep functions that are equal once, in the program that is packaged.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|it| it == value);
    // Profile `dist` alone builds for size. There the toolchain brings the linker that knows how.
    if is("OPT_LEVEL", "z") && is("TARGET", "x86_64-unknown-linux-gnu") {
        println!("cargo:rustc-link-arg-bins=-Wl,--icf=safe");
    }
}
