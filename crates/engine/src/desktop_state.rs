//! What the desktop app keeps in `data.json`: the keys that the official app has for its window, its tray icon and its timer, and
//! two of our own. What else an object holds is kept.

use crate::installation::{Installation, SetupError};
use serde_json::{Map, Value};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DesktopKey {
    /// Place and size of the window.
    Window,
    /// Whether it stays above others.
    AlwaysOnTop,
    /// Whether there is a tray icon.
    Tray,
    /// Whether closing hides the window.
    CloseToTray,
    /// Whether minimizing hides it.
    MinimizeToTray,
    /// Whether the timer runs.
    Syncing,
    /// Which colors the window has: a word of ours.
    Scheme,
    /// How large its text is, in hundredths: ours.
    Zoom,
}

impl DesktopKey {
    fn name(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::AlwaysOnTop => "enableAlwaysOnTop",
            Self::Tray => "enableTray",
            Self::CloseToTray => "enableCloseToTray",
            Self::MinimizeToTray => "enableMinimizeToTray",
            Self::Syncing => "syncingDir",
            Self::Scheme => "bwdcColors",
            Self::Zoom => "bwdcZoom",
        }
    }
}

/// What is kept under a key; null for nothing.
pub(crate) fn get(installation: &Installation, key: DesktopKey) -> Value {
    installation.data().as_map().get(key.name()).cloned().unwrap_or_default()
}

/// Keeps values. An object gains fields and loses none. Where there is no file of settings yet, nothing is kept: how a window
/// stood makes no installation.
///
/// # Errors
/// [`SetupError::Store`] when the file cannot be written.
pub(crate) fn set(installation: &mut Installation, values: &[(DesktopKey, Value)]) -> Result<(), SetupError> {
    if !installation.profile().data_json.exists() {
        return Ok(());
    }
    installation.update(|data| {
        for (key, value) in values {
            put(data.as_map_mut(), key.name(), value);
        }
    })
}

fn put(map: &mut Map<String, Value>, name: &str, value: &Value) {
    match (map.get_mut(name), value) {
        (Some(Value::Object(stored)), Value::Object(new)) => stored.extend(new.clone()),
        _ => {
            map.insert(name.to_owned(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_keeps_the_fields_that_nobody_names() {
        let mut map = Map::new();
        map.insert("window".to_owned(), json!({ "x": 1, "displayBounds": { "width": 1920 } }));
        put(&mut map, "window", &json!({ "x": 5, "y": 7 }));
        put(&mut map, "enableTray", &json!(true));
        assert_eq!(map["window"], json!({ "x": 5, "displayBounds": { "width": 1920 }, "y": 7 }));
        assert_eq!(map["enableTray"], true);
    }
}
