//! What a further source may be called.

/// Longest name of a source, in characters.
const LONGEST: usize = 32;

/// Names of devices that Windows keeps, and the one under which the first source's snapshot is kept.
const RESERVED: [&str; 5] = ["con", "prn", "aux", "nul", "directory"];

/// Whether a source can be called so: small letters, digits and hyphens, so that it is a folder's name on every system.
pub fn is_source_name(name: &str) -> bool {
    let allowed = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
    !name.is_empty()
        && name.len() <= LONGEST
        && name.chars().all(allowed)
        && !name.starts_with('-')
        && !RESERVED.contains(&name)
}

/// The first name that no source can have, or that stands there twice.
pub(super) fn first_wrong(names: &[String]) -> Option<&String> {
    let is_wrong = |(place, name): &(usize, &String)| {
        !is_source_name(name) || names.iter().take(*place).any(|it| it == *name)
    };
    names.iter().enumerate().find(is_wrong).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_like_a_folder_everywhere_and_once() {
        let wrong = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
            first_wrong(&names).cloned()
        };
        assert_eq!(wrong(&["berlin", "hr-2", "9"]), None);
        for name in ["", "HR!", "Berlin", "a/b", "..", "a.b", "-a", "nul", "directory", &"a".repeat(33)] {
            assert_eq!(wrong(&["hr", name]).as_deref(), Some(name));
        }
        assert_eq!(wrong(&["hr", "it", "hr"]).as_deref(), Some("hr"));
    }
}
