//! A window as a picture.

use bwdc_desktop::view::ui::AppWindow;
use slint::ComponentHandle as _;
use std::error::Error;
use std::path::Path;

/// Writes what a window shows into a file of the simplest kind that every program reads.
pub(crate) fn picture(window: &AppWindow, path: &Path) -> Result<(), Box<dyn Error>> {
    let pixels = window.window().take_snapshot()?;
    let mut file = format!("P6 {} {} 255\n", pixels.width(), pixels.height()).into_bytes();
    file.extend(pixels.as_slice().iter().flat_map(|it| [it.r, it.g, it.b]));
    std::fs::write(path.with_extension("ppm"), file)?;
    Ok(())
}
