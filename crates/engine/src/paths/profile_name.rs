//! The name of a profile, which is also the name of its folder.

use super::PathError;
use std::fmt;

const DEFAULT: &str = "default";
const LONGEST: usize = 32;

/// Names that Windows keeps for devices, whatever their ending.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
/// The same with a digit behind.
const NUMBERED_DEVICES: [&str; 2] = ["com", "lpt"];

/// A name that is one folder on every file system: in lower case, without anything that has a meaning in a path.
///
/// `default` stands for the folder that is shared with the official connector.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProfileName(String);

impl ProfileName {
    /// Checks a name; capitals count as small letters, since some file systems do not tell them apart.
    ///
    /// # Errors
    /// [`PathError::ProfileName`] says what a name may consist of.
    pub fn parse(typed: &str) -> Result<Self, PathError> {
        let name = typed.trim().to_ascii_lowercase();
        let usable = (1..=LONGEST).contains(&name.len())
            && name.starts_with(|first: char| first.is_ascii_alphanumeric())
            && name.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '_'))
            && !is_device(&name);
        if usable { Ok(Self(name)) } else { Err(PathError::ProfileName { typed: typed.to_owned() }) }
    }

    /// The name in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands for the folder that is shared with the official connector.
    pub fn is_default(&self) -> bool {
        self.0 == DEFAULT
    }
}

impl Default for ProfileName {
    fn default() -> Self {
        Self(DEFAULT.to_owned())
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn is_device(name: &str) -> bool {
    let numbered = || {
        let (start, end) = name.split_at_checked(3)?;
        Some(NUMBERED_DEVICES.contains(&start) && end.len() == 1 && end.as_bytes()[0].is_ascii_digit())
    };
    DEVICES.contains(&name) || numbered() == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_folder_everywhere() {
        for (typed, name) in
            [("sales", "sales"), (" Berlin-2 ", "berlin-2"), ("7_up", "7_up"), ("com", "com")]
        {
            assert_eq!(ProfileName::parse(typed).map(|it| it.as_str().to_owned()), Ok(name.to_owned()));
        }
        let long = "a".repeat(LONGEST + 1);
        for typed in [
            "", " ", ".", "..", "../x", "a/b", "a\\b", "/etc", "c:", "a.b", "-rf", "_x", "é", "a b", "a\0",
            "con", "NUL", "com1", "lpt9", &long,
        ] {
            assert!(ProfileName::parse(typed).is_err(), "{typed:?}");
        }
        assert!(ProfileName::parse("Default").is_ok_and(|it| it.is_default()));
    }
}
