//! One setting put into the shape of `data.json`.

use super::StoreError;
use super::data::{DataFile, directory_key};
use bwdc_core::settings::{DirectoryKind, Setting, SettingValue};
use serde_json::{Map, Value};

/// Stores a setting of `data.json`; None takes it back to its default.
///
/// # Errors
/// [`StoreError::WrongType`] when what is stored there is not an object.
pub(crate) fn put(
    data: &mut DataFile,
    setting: &Setting,
    value: Option<&SettingValue>,
) -> Result<(), StoreError> {
    let field = setting.place.field;
    let put = |object: &mut Map<String, Value>| match value {
        Some(value) => {
            object.insert(field.to_owned(), value.to_json());
        }
        // The official connector keeps the fields of its settings.
        None => {
            if let Some(stored) = object.get_mut(field) {
                *stored = Value::Null;
            }
        }
    };
    match (value, setting.place.object) {
        (Some(SettingValue::Directory(kind)), _) => data.set_directory_kind(*kind),
        (_, None) => put(data.as_map_mut()),
        (_, Some("sync")) => {
            if value.is_some() || !data.sync()?.is_empty() {
                put(data.sync_mut()?);
            }
        }
        (_, Some("environmentUrls")) => {
            let mut urls = data.environment_urls()?.clone();
            if field == "base" {
                // Another server: addresses of single services belonged to the one before.
                urls.values_mut().for_each(|url| *url = Value::Null);
            }
            put(&mut urls);
            if value.is_some() || !urls.is_empty() {
                data.set_environment_urls(urls);
            }
        }
        (_, Some(object)) => {
            let kind = DirectoryKind::ALL.into_iter().find(|kind| directory_key(*kind) == object);
            let kind = kind.expect("the table of settings names known objects");
            if value.is_some() || !data.directory(kind)?.is_empty() {
                data.update_directory(kind, put)?;
            }
        }
    }
    Ok(())
}
