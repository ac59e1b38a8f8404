//! Distinguished names made comparable (RFC 4514) and spelled the way external ids are.
//!
//! Comparing is lenient where spelling may differ (case, blanks, escapes, order in a multi-valued component) and treats
//! every attribute as one that ignores case, which holds for all that name people and groups. Nearly every name is
//! plain ASCII without escapes, so that case has a path of its own: one look at each byte and one copy.

use super::prepare::prepared;
use std::borrow::Cow;

/// Writes the comparable form of `name` into `out`, which is emptied first; false when `name` is no distinguished name.
///
/// Two spellings of one name give the same text; the comparable form is a distinguished name and its own comparable form.
pub fn normalize(name: &str, out: &mut String) -> bool {
    out.clear();
    match look(name.as_bytes()) {
        Look::Plain => {
            out.push_str(name);
            out.make_ascii_lowercase();
            true
        }
        Look::NoName => false,
        Look::Unusual => {
            let complete = Parser { rest: name }.components(out);
            if !complete {
                out.clear();
            }
            complete
        }
    }
}

/// The name with every escape rewritten as a pair of hexadecimal digits: `\,` becomes `\2C`, pairs stay as they are.
pub fn with_hex_escapes(name: &str) -> Cow<'_, str> {
    let Some(first) = name.find('\\') else { return Cow::Borrowed(name) };
    let mut out = String::with_capacity(name.len() + 8);
    out.push_str(&name[..first]);
    let mut rest = &name[first..];
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        if character != '\\' {
            out.push(character);
            rest = after;
        } else if let Some((pair, behind)) = hex_pair(after) {
            out.push('\\');
            out.push_str(pair);
            rest = behind;
        } else if let Some(escaped) = after.chars().next() {
            for byte in escaped.encode_utf8(&mut [0; 4]).bytes() {
                push_hex(&mut out, byte, b"0123456789ABCDEF");
            }
            rest = &after[escaped.len_utf8()..];
        } else {
            out.push('\\');
            rest = after;
        }
    }
    Cow::Owned(out)
}

/// The comparable form of `name`; None when it is no distinguished name.
pub fn normalized(name: &str) -> Option<String> {
    let mut comparable = String::new();
    normalize(name, &mut comparable).then_some(comparable)
}

/// The name of the entry above; None for one of a single part.
pub fn parent(name: &str) -> Option<&str> {
    let mut escaped = false;
    let comma = name.char_indices().find(|&(_, letter)| {
        let ends = letter == ',' && !escaped;
        escaped = letter == '\\' && !escaped;
        ends
    });
    comma.map(|(place, _)| &name[place + 1..])
}

/// Whether a comparable name is `above` or below it.
pub fn is_within(below: &str, above: &str) -> bool {
    below.strip_suffix(above).is_some_and(|rest| rest.is_empty() || rest.ends_with(','))
}

/// A member value without the unique identifier that `uniqueMember` allows behind the name (`…#'0101'B`, RFC 4517, 3.3.21).
pub fn without_unique_identifier(value: &str) -> &str {
    let Some(inner) = value.strip_suffix("'B") else { return value };
    match inner.rsplit_once("#'") {
        Some((name, bits)) if bits.bytes().all(|bit| matches!(bit, b'0' | b'1')) => name,
        _ => value,
    }
}

enum Look {
    /// A distinguished name whose comparable form is itself in lower case.
    Plain,
    /// Nothing with an equals sign behind an attribute type.
    NoName,
    /// Everything else.
    Unusual,
}

fn look(name: &[u8]) -> Look {
    let mut in_type = true;
    let mut length = 0_usize;
    let mut previous = b' ';
    for &byte in name {
        if in_type {
            match byte {
                b'=' if length > 0 => (in_type, length, previous) = (false, 0, b' '),
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => length += 1,
                _ => return Look::Unusual,
            }
        } else {
            match byte {
                b',' if previous != b' ' => (in_type, length) = (true, 0),
                b' ' if previous == b' ' => return Look::Unusual,
                b'\\' | b'"' | b'+' | b';' | b'<' | b'>' | b'#' | b',' | 0..0x20 | 0x7f.. => {
                    return Look::Unusual;
                }
                _ => previous = byte,
            }
        }
    }
    match (in_type, previous) {
        (false, b' ') => Look::Unusual,
        (false, _) => Look::Plain,
        (true, _) if !name.contains(&b'=') => Look::NoName,
        (true, _) => Look::Unusual,
    }
}

struct Parser<'n> {
    rest: &'n str,
}

impl Parser<'_> {
    fn components(&mut self, out: &mut String) -> bool {
        let mut parts: Vec<String> = Vec::new();
        loop {
            let mut part = String::new();
            if !self.part(&mut part) {
                return false;
            }
            parts.push(part);
            let separator = self.rest.chars().next();
            self.rest = self.rest.get(1..).unwrap_or("");
            if separator == Some('+') {
                continue;
            }
            parts.sort_unstable();
            for (position, part) in parts.iter().enumerate() {
                out.push_str(if position > 0 { "+" } else { "" });
                out.push_str(part);
            }
            parts.clear();
            if separator.is_none() {
                return true;
            }
            out.push(',');
        }
    }

    /// One `type=value`; stops before a separator or at the end.
    fn part(&mut self, out: &mut String) -> bool {
        self.skip_blanks();
        let end = self
            .rest
            .bytes()
            .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')))
            .unwrap_or(self.rest.len());
        let (kind, rest) = self.rest.split_at(end);
        let kind = match kind.get(..4) {
            Some(prefix) if prefix.eq_ignore_ascii_case("oid.") => &kind[4..],
            _ => kind,
        };
        self.rest = rest;
        self.skip_blanks();
        if kind.is_empty() || !self.rest.starts_with('=') {
            return false;
        }
        out.push_str(kind);
        out.make_ascii_lowercase();
        out.push('=');
        self.rest = &self.rest[1..];
        self.skip_blanks();
        match self.rest.as_bytes().first() {
            Some(b'#') => self.hexadecimal(out),
            Some(b'"') => {
                self.rest = &self.rest[1..];
                self.value(out, &['"']) && self.closing_quote()
            }
            _ => self.value(out, &[',', ';', '+']),
        }
    }

    fn hexadecimal(&mut self, out: &mut String) -> bool {
        let digits = self.rest[1..].bytes().take_while(u8::is_ascii_hexdigit).count();
        let (value, rest) = self.rest.split_at(1 + digits);
        self.rest = rest;
        self.skip_blanks();
        out.extend(value.chars().map(|digit| digit.to_ascii_lowercase()));
        digits > 0 && digits.is_multiple_of(2) && self.at_separator()
    }

    fn closing_quote(&mut self) -> bool {
        let closed = self.rest.starts_with('"');
        self.rest = self.rest.get(1..).unwrap_or("");
        self.skip_blanks();
        closed && self.at_separator()
    }

    fn value(&mut self, out: &mut String, ends: &[char]) -> bool {
        let mut bytes = Vec::with_capacity(self.rest.len());
        while let Some(character) = self.rest.chars().next() {
            if ends.contains(&character) {
                break;
            }
            let after = &self.rest[character.len_utf8()..];
            if character != '\\' {
                bytes.extend_from_slice(&self.rest.as_bytes()[..character.len_utf8()]);
                self.rest = after;
            } else if let Some((pair, behind)) = hex_pair(after) {
                bytes.push(u8::from_str_radix(pair, 16).unwrap_or_default());
                self.rest = behind;
            } else if let Some(escaped) = after.chars().next() {
                bytes.extend_from_slice(&after.as_bytes()[..escaped.len_utf8()]);
                self.rest = &after[escaped.len_utf8()..];
            } else {
                return false;
            }
        }
        fold(&bytes, out);
        true
    }

    fn at_separator(&self) -> bool {
        matches!(self.rest.as_bytes().first(), None | Some(b',' | b';' | b'+'))
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }
}

/// Prepared for comparison, one space for every run of spaces, none at the ends, escaped again where it must be.
fn fold(value: &[u8], out: &mut String) {
    let start = out.len();
    let mut blank = false;
    for chunk in value.utf8_chunks() {
        for character in prepared(chunk.valid()).chars() {
            if character == ' ' {
                blank = true;
                continue;
            }
            separate(&mut blank, start, out);
            match character {
                ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '\0'..'\u{20}' | '\u{7f}' => {
                    push_hex(out, character as u8, LOWER);
                }
                '#' if out.len() == start => push_hex(out, b'#', LOWER),
                other => out.push(other),
            }
        }
        for &byte in chunk.invalid() {
            separate(&mut blank, start, out);
            push_hex(out, byte, LOWER);
        }
    }
}

const LOWER: &[u8; 16] = b"0123456789abcdef";

fn separate(blank: &mut bool, start: usize, out: &mut String) {
    if std::mem::take(blank) && out.len() > start {
        out.push(' ');
    }
}

fn push_hex(out: &mut String, byte: u8, digits: &[u8; 16]) {
    out.push('\\');
    out.push(char::from(digits[usize::from(byte >> 4)]));
    out.push(char::from(digits[usize::from(byte & 15)]));
}

fn hex_pair(text: &str) -> Option<(&str, &str)> {
    let pair = text.get(..2).filter(|pair| pair.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    Some((pair, &text[2..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(name: &str) -> Option<String> {
        let mut out = "left over".to_owned();
        normalize(name, &mut out).then_some(out)
    }

    #[test]
    fn within_is_by_whole_components() {
        assert!(is_within("ou=a,dc=x", "dc=x") && is_within("dc=x", "dc=x"));
        assert!(!is_within("ou=a,adc=x", "dc=x") && !is_within("dc=x", "ou=a,dc=x"));
    }

    #[test]
    fn the_entry_above_begins_after_the_first_comma_that_is_none_of_the_name() {
        assert_eq!(parent("cn=a\\, b,ou=x,dc=y"), Some("ou=x,dc=y"));
        assert_eq!(parent("cn=a\\\\,dc=y"), Some("dc=y"));
        assert_eq!(parent("dc=y"), None);
    }

    #[test]
    fn spellings_of_one_name_are_equal() {
        let expected = key("cn=Ada Example,ou=People,dc=example,dc=test");
        assert!(expected.is_some());
        for other in [
            "CN=ada  example , OU=People,DC=example,dc=test",
            "cn = Ada Example ; ou=people;dc=EXAMPLE;dc=test",
            "cn=\"Ada Example\" ,ou=People,dc=example,dc=test",
            "cn=\\41da\\20Example,ou=People,dc=example,dc=test",
            "cn=Ada\u{a0}Example\\ ,OID.ou=People,dc=example,dc=test",
        ] {
            assert_eq!(key(other), expected, "{other}");
        }
        assert_eq!(key("cn=Lu\\C4\\8Di\\C4\\87,dc=x"), key("CN=LUČIĆ,dc=x"));
        assert_eq!(key("cn=ΟΔΟΣ,dc=x"), key("cn=οδοσ,dc=x"));
        assert_eq!(key("cn=a+sn=B,dc=x"), key("SN=b + CN=A,dc=x"));
        assert_eq!(key("cn=J\u{fc}rgen,dc=x"), key("cn=Ju\u{308}RGEN,dc=x"));
        assert_eq!(key("cn=\u{ff21}da,dc=x"), key("cn=Ada,dc=x"));
        assert_eq!(key("cn=\\#1,dc=x"), key("cn=\\231,dc=x"));
        assert_eq!(key("cn=Sales\\, North,dc=x"), key("cn=\"Sales, North\",dc=x"));
        assert_eq!(key("cn=#04024869,dc=x").as_deref(), Some("cn=#04024869,dc=x"));
    }

    #[test]
    fn names_that_a_server_keeps_apart_are_two() {
        for (one, other) in [
            ("cn=M\u{fc}\u{ad}ller,dc=x", "cn=M\u{fc}ller,dc=x"),
            ("cn=c\u{200b}eo,dc=x", "cn=ceo,dc=x"),
            ("cn=Ada\\09Example,dc=x", "cn=Ada Example,dc=x"),
            ("cn=οδος,dc=x", "cn=οδοσ,dc=x"),
        ] {
            assert_ne!(key(one), key(other));
        }
    }

    #[test]
    fn different_names_differ() {
        assert_ne!(key("cn=a\\+sn=b,dc=x"), key("cn=a+sn=b,dc=x"));
        assert_ne!(key("cn=a\\,dc=x"), key("cn=a,dc=x"));
        assert_ne!(key("cn=\\#0402,dc=x"), key("cn=#0402,dc=x"));
        assert_ne!(key("cn=ab,dc=x"), key("cn=a b,dc=x"));
        assert_ne!(key("cn=\\FF,dc=x"), key("cn=\\FE,dc=x"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            " ",
            "jdoe",
            "=a",
            "cn=a,,dc=x",
            "cn=a,",
            "cn=a\\",
            "cn=#zz",
            "cn=#123",
            "cn=\"a",
            "cn=\"a\"b",
            "ä=b",
        ] {
            assert_eq!(key(text), None, "{text:?}");
        }
    }

    #[test]
    fn escapes_become_hexadecimal_pairs() {
        for (spelled, expected) in [
            ("cn=Plain,dc=x", "cn=Plain,dc=x"),
            ("cn=Comma\\, Inc,dc=x", "cn=Comma\\2C Inc,dc=x"),
            ("cn=Comma\\2c Inc,dc=x", "cn=Comma\\2c Inc,dc=x"),
            ("cn=\\\"Q\\\"\\+\\ ,dc=x", "cn=\\22Q\\22\\2B\\20,dc=x"),
            ("cn=a\\\\b\\Z\u{e4}\\\u{e4},dc=x", "cn=a\\5Cb\\5A\u{e4}\\C3\\A4,dc=x"),
            ("cn=a\\", "cn=a\\"),
        ] {
            assert_eq!(with_hex_escapes(spelled), expected);
        }
    }

    #[test]
    fn a_unique_identifier_is_cut_off() {
        assert_eq!(without_unique_identifier("cn=a,dc=x#'0101'B"), "cn=a,dc=x");
        assert_eq!(without_unique_identifier("cn=a,dc=x#'0121'B"), "cn=a,dc=x#'0121'B");
        assert_eq!(without_unique_identifier("cn=a,dc=x"), "cn=a,dc=x");
    }

    fn value() -> impl Strategy<Value = String> {
        proptest::collection::vec(
            prop_oneof![
                "[a-zA-Z0-9]{1,4}",
                " {1,3}",
                "[,+\"\\\\<>;=#']",
                "[\u{e0}-\u{ff}\u{400}-\u{42f}]{1,3}"
            ],
            1..6,
        )
        .prop_map(|parts| parts.concat())
    }

    fn escape(value: &str, style: u8) -> String {
        let mut out = String::new();
        for (position, character) in value.char_indices() {
            let must = matches!(character, ',' | '+' | '"' | '\\' | '<' | '>' | ';')
                || (character == '#' && position == 0)
                || (character == ' ' && (position == 0 || position + 1 == value.len()));
            match (must, style) {
                (true, 0) => out.extend(['\\', character]),
                (true, 1) => {
                    character.to_string().bytes().for_each(|byte| out.push_str(&format!("\\{byte:02X}")));
                }
                (_, 2) => {
                    character.to_string().bytes().for_each(|byte| out.push_str(&format!("\\{byte:02x}")));
                }
                (true, _) => out.push_str(&format!("\\{:02x}", character as u32)),
                (false, _) => out.push(character),
            }
        }
        out
    }

    proptest! {
        #[test]
        fn normalizing_is_idempotent(name in "\\PC{0,40}") {
            if let Some(first) = key(&name) {
                prop_assert_eq!(key(&first), Some(first));
            }
        }

        #[test]
        fn normalizing_odd_names_is_idempotent(name in "(cn|OU|2\\.5\\.4\\.3) ?=[ a-cA-C#\"\\\\0-3;,+=<İẞΣ]{0,20}") {
            if let Some(first) = key(&name) {
                prop_assert_eq!(key(&first), Some(first));
            }
        }

        #[test]
        fn spelling_does_not_matter(values in proptest::collection::vec(value(), 1..4), other in 0_u8..4, upper: bool) {
            let spell = |style: u8, blanks: &str| {
                let parts: Vec<String> =
                    values.iter().map(|value| format!("ou{blanks}={blanks}{}", escape(value, style))).collect();
                parts.join(&format!("{blanks},{blanks}"))
            };
            let plain = key(&spell(0, ""));
            prop_assert!(plain.is_some());
            prop_assert_eq!(&key(&spell(other, " ")), &plain);
            let cased = if upper { spell(0, "").to_uppercase() } else { spell(0, "").to_lowercase() };
            if !values.concat().contains('ÿ') && !values.concat().contains('ß') {
                prop_assert_eq!(&key(&cased), &plain);
            }
            prop_assert_eq!(key(&with_hex_escapes(&spell(0, ""))), plain);
        }

        #[test]
        fn both_paths_agree(name in "[a-z]{1,3}=[a-zA-Z0-9 =.]{1,8}(,[a-z]{1,3}=[a-zA-Z0-9 @.-]{1,8}){0,3}") {
            let mut slow = String::new();
            let parsed = Parser { rest: &name }.components(&mut slow);
            prop_assert_eq!(key(&name), parsed.then_some(slow));
        }
    }
}
