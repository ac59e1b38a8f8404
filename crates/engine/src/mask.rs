//! Takes out of a text what a stranger should not read: known secrets, and addresses of people.
//!
//! An address becomes `address-1`, the same one the same number within one masking, so that what belongs together stays
//! recognizable. Domains go with it: a company's name is in them.

use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;

/// Shorter ones would be found in innocent words.
const SHORTEST_SECRET: usize = 4;

/// What was masked so far.
pub struct Mask {
    secrets: Vec<SecretString>,
    addresses: HashMap<String, usize>,
    names: HashMap<String, usize>,
}

impl Mask {
    /// A mask that knows these secrets.
    pub fn new(secrets: Vec<SecretString>) -> Self {
        let secrets = secrets.into_iter().filter(|it| it.expose_secret().len() >= SHORTEST_SECRET).collect();
        Self { secrets, addresses: HashMap::new(), names: HashMap::new() }
    }

    /// The text without secrets and addresses.
    pub fn text(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            let secret = secret.expose_secret();
            text = text.replace(secret, "(secret)");
            // As a string of JSON writes it.
            if let Ok(quoted) = serde_json::to_string(secret) {
                text = text.replace(quoted.trim_matches('"'), "(secret)");
            }
        }
        self.without_addresses(&text)
    }

    /// One word for a name, or for an address.
    pub fn name(&mut self, name: &str) -> String {
        if name.contains('@') {
            return self.text(name);
        }
        let next = self.names.len() + 1;
        format!("name-{}", self.names.entry(name.to_lowercase()).or_insert(next))
    }

    fn without_addresses(&mut self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((at, length)) = next_at(rest) {
            let local = rest[..at].char_indices().rev().take_while(|(_, it)| is_local(*it)).last();
            let begin = local.map_or(at, |(position, _)| position);
            let after = &rest[at + length..];
            let domain: usize = after.chars().take_while(|it| is_domain(*it)).map(char::len_utf8).sum();
            let end = at + length + after[..domain].trim_end_matches(['.', '-']).len();
            if begin == at || end == at + length {
                masked.push_str(&rest[..at + length]);
                rest = &rest[at + length..];
                continue;
            }
            masked.push_str(&rest[..begin]);
            let next = self.addresses.len() + 1;
            let address = rest[begin..end].to_lowercase().replace("%40", "@");
            let number = self.addresses.entry(address).or_insert(next);
            masked.push_str(&format!("address-{number}"));
            rest = &rest[end..];
        }
        masked.push_str(rest);
        masked
    }
}

/// The next sign between the halves of an address, as it is or as it stands in a URL, with its length.
fn next_at(text: &str) -> Option<(usize, usize)> {
    let plain = text.find('@').map(|place| (place, 1));
    let escaped = text.find("%40").map(|place| (place, 3));
    match (plain, escaped) {
        (Some(plain), Some(escaped)) => Some(plain.min(escaped)),
        (found, other) => found.or(other),
    }
}

fn is_local(character: char) -> bool {
    character.is_alphanumeric() || "!#$%&'*+-^_~.".contains(character)
}

fn is_domain(character: char) -> bool {
    character.is_alphanumeric() || character == '-' || character == '.'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(text: &str) -> String {
        Mask::new(vec!["hunter2".to_owned().into(), "a\"b\\c".to_owned().into(), "abc".to_owned().into()])
            .text(text)
    }

    #[test]
    fn the_same_address_gets_the_same_number_whatever_its_case() {
        assert_eq!(
            mask("ann@example.test, Bob.O'Neil+x@sub.example.test; ANN@example.test."),
            "address-1, address-2; address-1."
        );
        assert_eq!(mask("{\"mail\":\"jürgen@bücher.test\"}"), "{\"mail\":\"address-1\"}");
        assert_eq!(mask("/users/ann%40example.test?x"), "/users/address-1?x");
        assert_eq!(mask("`ann@example.test`"), "`address-1`");
    }

    #[test]
    fn what_is_no_address_stays() {
        for text in ["", "a @ b", "@", "user@", "@host", "100 %40 x", "(mail=*@)"] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn secrets_go_in_every_form_and_short_ones_are_left_alone() {
        assert_eq!(mask("password hunter2, again hunter2"), "password (secret), again (secret)");
        assert_eq!(mask(r#"{"p":"a\"b\\c"}"#), r#"{"p":"(secret)"}"#);
        assert_eq!(mask("abc"), "abc");
    }

    #[test]
    fn names_are_numbered_apart() {
        let mut mask = Mask::new(Vec::new());
        assert_eq!(mask.name("Staff"), "name-1");
        assert_eq!(mask.name("ann@example.test"), "address-1");
        assert_eq!(mask.name("staff"), "name-1");
    }
}
