//! From what a directory calls an address to the address that is used.

use crate::settings::AddressRule;

/// Longest address that is brought over, in UTF-16 code units: today's connector counts them so.
pub const LONGEST_ADDRESS: usize = 256;

/// What became of a person's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Trimmed, in lower case, at most [`LONGEST_ADDRESS`] long; empty when the attribute was there and blank.
    Usable(String),
    /// Longer than [`LONGEST_ADDRESS`].
    TooLong,
    /// No address attribute, and none could be composed.
    Missing,
}

/// The address of a person: the address attribute, else prefix and suffix where both are there.
pub fn address(mail: Option<&str>, prefix: Option<&str>, rule: &AddressRule) -> Address {
    let normalized = match (mail, prefix, rule.suffix.as_deref()) {
        (Some(mail), _, _) => normalized(mail),
        (None, Some(prefix), Some(suffix)) => normalized(&format!("{prefix}{suffix}")),
        _ => return Address::Missing,
    };
    if normalized.len() > LONGEST_ADDRESS && normalized.encode_utf16().count() > LONGEST_ADDRESS {
        return Address::TooLong;
    }
    Address::Usable(normalized)
}

/// Trims what JavaScript trims and lowers the case.
fn normalized(raw: &str) -> String {
    let blank = |letter: char| letter == '\u{feff}' || (letter.is_whitespace() && letter != '\u{85}');
    raw.trim_matches(blank).to_lowercase()
}

/// An address as the official server puts it in lower case: letter by letter, by the invariant rule of .NET. İ stays, a
/// final Σ becomes σ, and capitals that came with Unicode 16 or later stay, since its tables do not know them.
///
/// Sent addresses are lowered as today's connector does it, by JavaScript's rule, which differs there; what the server
/// holds is compared with them as it is.
pub fn lowered_by_server(text: &str) -> String {
    text.chars().map(lowered_letter).collect()
}

fn lowered_letter(letter: char) -> char {
    let is_newest = matches!(letter,
        '\u{1c89}' | '\u{a7cb}' | '\u{a7cc}' | '\u{a7ce}' | '\u{a7d2}' | '\u{a7d4}' | '\u{a7da}' | '\u{a7dc}'
        | '\u{10d50}'..='\u{10d65}' | '\u{16ea0}'..='\u{16eb8}');
    let mut lowered = letter.to_lowercase();
    match (lowered.next(), lowered.next()) {
        (Some(one), None) if !is_newest => one,
        _ => letter,
    }
}

/// Whether somebody who types this address, or its domain, means this one: blanks around it and case make no difference.
///
/// Each letter by itself, since İ and a final Σ become something else in JavaScript, in .NET and on Vaultwarden, and
/// nobody knows which of them wrote the address.
pub fn is_meant(typed: &str, address: &str) -> bool {
    let typed = typed.trim();
    typed.eq_ignore_ascii_case(address) || (!typed.is_ascii() && folded(typed).eq(folded(address)))
}

fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase).map(|letter| if letter == 'ς' { 'σ' } else { letter })
}

/// Whether the organization's server takes this for an address: exactly one `@`, neither first nor last, no line break
/// (the .NET `EmailAddress` attribute, which is all that an import is checked with).
pub fn is_acceptable(address: &str) -> bool {
    let mut halves = address.split('@');
    let (local, domain, more) = (halves.next(), halves.next(), halves.next());
    local.is_some_and(|it| !it.is_empty())
        && domain.is_some_and(|it| !it.is_empty())
        && more.is_none()
        && !address.contains(['\r', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(mail: Option<&str>) -> Address {
        address(mail, Some("jo"), &AddressRule::default())
    }

    #[test]
    fn an_address_is_trimmed_and_in_lower_case() {
        assert_eq!(
            plain(Some("\u{feff} UPPER.Case@X.COM\u{a0}")),
            Address::Usable("upper.case@x.com".into())
        );
    }

    #[test]
    fn a_blank_address_is_an_address() {
        let rule = AddressRule { suffix: Some("@x.com".into()) };
        assert_eq!(address(Some(" "), Some("jo"), &rule), Address::Usable(String::new()));
    }

    #[test]
    fn a_missing_address_is_composed_only_where_both_halves_are_there() {
        let rule = AddressRule { suffix: Some("@X.com".into()) };
        assert_eq!(address(None, Some("Jo"), &rule), Address::Usable("jo@x.com".into()));
        assert_eq!(address(None, None, &rule), Address::Missing);
        assert_eq!(plain(None), Address::Missing);
    }

    #[test]
    fn two_hundred_and_fifty_six_units_pass_and_one_more_does_not() {
        let exactly = format!("{}@x.com", "é".repeat(250));
        assert_eq!(plain(Some(&exactly)), Address::Usable(exactly.clone()));
        assert_eq!(plain(Some(&format!("e{exactly}"))), Address::TooLong);
        let pairs = format!("{}@x.com", "😀".repeat(126));
        assert_eq!(plain(Some(&pairs)), Address::TooLong);
    }

    #[test]
    fn the_server_lowers_each_letter_by_itself() {
        for (typed, lowered) in [
            ("ANNA@X.Example", "anna@x.example"),
            ("İ@x", "İ@x"),
            ("ΟΔΟΣ@x", "οδοσ@x"),
            ("ẞÉＡ@x", "ßéａ@x"),
            ("E\u{301}@x", "e\u{301}@x"),
            ("\u{a7dc}@x", "\u{a7dc}@x"),
        ] {
            assert_eq!(lowered_by_server(typed), lowered, "{typed}");
        }
    }

    #[test]
    fn what_is_sent_is_left_as_it_is_by_the_server() {
        for typed in ["ΟΔΟΣ@X", "İstanbul@X", "STRAẞE@X", "Anna@X"] {
            let sent = plain(Some(typed));
            assert!(matches!(&sent, Address::Usable(sent) if lowered_by_server(sent) == *sent), "{sent:?}");
        }
    }

    #[test]
    fn a_typed_address_is_meant_in_any_case_of_any_letter() {
        for (typed, address) in [
            (" Anna@X ", "anna@x"),
            ("ÄNNE@MÜLLER.de", "änne@müller.de"),
            ("ΟΔΟΣ@x", "οδος@x"),
            ("ΟΔΟΣ@x", "οδοσ@x"),
            ("οδος@x", "οδοσ@x"),
            ("İstanbul@x", "i\u{307}stanbul@x"),
            ("İstanbul@x", "İstanbul@x"),
        ] {
            assert!(is_meant(typed, address), "{typed} {address}");
        }
        for (typed, address) in
            [("anna@x", "ann@x"), ("änne@x", "anne@x"), ("é@x", "e\u{301}@x"), ("", "a@x")]
        {
            assert!(!is_meant(typed, address), "{typed} {address}");
        }
    }

    #[test]
    fn the_server_wants_one_at_sign_inside() {
        for good in ["a@b", "sp ace@x.com", "o'neil@x"] {
            assert!(is_acceptable(good), "{good}");
        }
        for bad in ["", "a", "@b", "a@", "a@b@c", "a@b\n"] {
            assert!(!is_acceptable(bad), "{bad}");
        }
    }
}
