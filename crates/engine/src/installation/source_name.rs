//! What a further source may be called.

use super::SetupError;
use bwdc_core::names::SourceName;
use bwdc_core::settings::is_source_name;

/// Checks the name of a source: small letters, digits and hyphens, so that it is a folder's name on every system.
///
/// # Errors
/// [`SetupError::SourceName`] for any other.
pub(crate) fn source_name(name: &str) -> Result<SourceName, SetupError> {
    if is_source_name(name) {
        Ok(SourceName::new(name))
    } else {
        Err(SetupError::SourceName { name: name.to_owned() })
    }
}

/// The names that `sources` gives, in its order.
///
/// # Errors
/// [`SetupError::SourceName`] for a name that cannot be a folder's, or stands there twice.
pub(super) fn source_names(set: &[String]) -> Result<Vec<SourceName>, SetupError> {
    let mut names: Vec<SourceName> = Vec::new();
    for name in set {
        let name = source_name(name)?;
        if names.contains(&name) {
            return Err(SetupError::SourceName { name: name.as_str().to_owned() });
        }
        names.push(name);
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_like_a_folder_everywhere() {
        for name in ["berlin", "hr-2", "9"] {
            assert!(source_name(name).is_ok(), "{name}");
        }
        for name in ["", "Berlin", "a/b", "..", "a.b", "-a", "nul", "ä", &"a".repeat(33)] {
            assert!(source_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_there_twice_is_refused() {
        let names = |set: &[&str]| source_names(&set.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        assert_eq!(names(&["b", "a"]).expect("two names").len(), 2);
        assert!(matches!(names(&["a", "b", "a"]), Err(SetupError::SourceName { name }) if name == "a"));
    }
}
