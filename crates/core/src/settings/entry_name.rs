//! What names entries of an LDAP directory and their parts: distinguished names, attributes, object classes.

/// Whether every part of a distinguished name, or of the beginning of one, has the form `attribute=value`. Active Directory's
/// `<GUID=…>` is one, too. What a value may hold is the server's affair.
pub(super) fn is_distinguished_name(text: &str) -> bool {
    let text = text.trim();
    if text.starts_with('<') && text.ends_with('>') {
        return text.contains('=');
    }
    let Some(parts) = parts(text) else { return false };
    parts.iter().all(|part| {
        let attribute = part.split_once('=').map(|(attribute, _)| attribute.trim());
        attribute.is_some_and(|it| !it.is_empty() && is_attribute(it))
    })
}

/// Whether an attribute or an object class can be called so.
pub(super) fn is_attribute(text: &str) -> bool {
    let is_foreign = |it: char| it.is_whitespace() || it.is_control() || "()*\\,=&|!<>~\"'+".contains(it);
    !text.trim().contains(is_foreign)
}

/// Whether all of its letters are such as the name of an attribute or an object class has (RFC 4512, 1.4; the underscore is of
/// servers that are not strict).
pub(super) fn is_plain(text: &str) -> bool {
    text.trim().chars().all(|it| it.is_ascii_alphanumeric() || "-_.;:".contains(it))
}

/// Whether each backslash stands before a character that is escaped so, or two hexadecimal digits (RFC 4514, 2.4).
pub(super) fn has_right_escapes(text: &str) -> bool {
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            continue;
        }
        let right = match letters.next() {
            Some(first) if first.is_ascii_hexdigit() => {
                letters.next().is_some_and(|it| it.is_ascii_hexdigit())
            }
            Some(special) => " \"#+,;<=>\\".contains(special),
            // That it ends there is found by its parts.
            None => true,
        };
        if !right {
            return false;
        }
    }
    true
}

/// The parts between commas that are neither escaped nor within quotes. None: the text ends where a letter has to follow.
fn parts(text: &str) -> Option<Vec<String>> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut escaped, mut quoted) = (false, false);
    for letter in text.chars() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(core::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(letter);
    }
    parts.push(part);
    (!escaped && !quoted).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distinguished_name_has_an_attribute_in_each_part() {
        for name in [
            "dc=example,dc=com",
            "DC=example, DC=com",
            "o=Example Company",
            r"ou=Sales\, North,dc=example",
            "ou=\"Sales, North\",dc=example",
            "cn=a+uid=b,dc=x",
            "2.5.4.3=a",
            "<GUID=0123>",
            "ou=",
        ] {
            assert!(is_distinguished_name(name), "{name}");
        }
        for name in [
            "example.com",
            "people",
            "dc",
            "=x",
            "dc=example,",
            "people,dc=x",
            "my dc=x",
            "ou=x\\",
            "ou=\"x",
            "ou=x,dc=y\\",
        ] {
            assert!(!is_distinguished_name(name), "{name}");
        }
    }

    #[test]
    fn a_backslash_stands_before_what_has_to_be_escaped() {
        for name in [r"ou=a\, b", r"ou=a\2C b", r"ou=\ a\\", "ou=a", r"ou=\0ADEL:1"] {
            assert!(has_right_escapes(name), "{name}");
        }
        for name in [r"ou=\zz", r"ou=\2", r"ou=a\b", r"ou=\2x"] {
            assert!(!has_right_escapes(name), "{name}");
        }
        assert!(
            is_plain("apple-generateduid") && is_plain("proxyAddresses;lang-de") && !is_plain("m\u{e4}il")
        );
    }

    #[test]
    fn an_attribute_is_one_word() {
        for name in
            ["mail", "proxyAddresses;lang-de", "2.5.4.3", "apple-generateduid", "custom_mail", " mail "]
        {
            assert!(is_attribute(name), "{name}");
        }
        for name in ["mail address", "mail,uid", "(mail=*)", "mail*", "a=b", "ma\til"] {
            assert!(!is_attribute(name), "{name}");
        }
    }
}
