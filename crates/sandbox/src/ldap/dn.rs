//! Distinguished names (RFC 4514): parsed for comparison, never for display.
//!
//! A name keeps the order root first, so that the entries below one lie next to each other in an ordered map.
//! Values compare without regard to case and with runs of spaces as one, whatever their attribute: right for
//! every attribute that names entries in the directories this server stands in for.

/// A distinguished name made comparable: equal names are equal strings, and a child sorts behind its parent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Dn {
    root_first: Vec<String>,
}

/// What keeps a text from being a distinguished name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DnError {
    /// A component has no `=`.
    #[error("a component has no equals sign")]
    NoEquals,
    /// The attribute type of a component is empty or holds forbidden characters.
    #[error("a component has no attribute type")]
    NoType,
    /// A backslash stands before nothing, or half a hexadecimal pair.
    #[error("an escape is not complete")]
    Escape,
    /// A character that has to be escaped stands bare.
    #[error("`{0}` has to be escaped")]
    Bare(char),
    /// A `#` value is not a hexadecimal BER string.
    #[error("a `#` value is not hexadecimal")]
    Hexadecimal,
}

impl Dn {
    /// Parses a name; the empty text is the root. Errors say what breaks RFC 4514.
    pub fn parse(text: &str) -> Result<Self, DnError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let mut root_first: Vec<String> =
            split(text, &[',', ';']).into_iter().map(component).collect::<Result<_, _>>()?;
        root_first.reverse();
        Ok(Self { root_first })
    }

    /// The number of components.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.root_first.len()
    }

    /// The bytes of the comparable form, the same for equal names.
    pub(super) fn bytes(&self) -> impl Iterator<Item = u8> + '_ {
        self.root_first.iter().flat_map(|component| component.bytes().chain([0]))
    }

    /// Whether this is the empty name.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.root_first.is_empty()
    }

    /// The name one level up; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, above) = self.root_first.split_last()?;
        Some(Self { root_first: above.to_vec() })
    }

    /// Whether this name is `ancestor` or below it.
    #[must_use]
    pub fn is_within(&self, ancestor: &Self) -> bool {
        self.root_first.starts_with(&ancestor.root_first)
    }

    /// This name with its `old` beginning replaced by `new`; `None` when it does not lie within `old`.
    #[must_use]
    pub fn moved(&self, old: &Self, new: &Self) -> Option<Self> {
        let below = self.root_first.strip_prefix(old.root_first.as_slice())?;
        Some(Self { root_first: new.root_first.iter().chain(below).cloned().collect() })
    }
}

/// The components of a name as written, the entry's own first; separators inside values are respected.
pub(super) fn components(text: &str) -> Vec<&str> {
    if text.trim().is_empty() { Vec::new() } else { split(text, &[',', ';']) }
}

/// The attribute types and values (unescaped, case kept) of a name's first component.
pub(super) fn naming_values(text: &str) -> Result<Vec<(String, Vec<u8>)>, DnError> {
    let Some(first) = components(text).into_iter().next() else { return Ok(Vec::new()) };
    split(first, &['+']).into_iter().map(type_and_value).collect()
}

fn split<'a>(text: &'a str, separators: &[char]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut start, mut escaped, mut quoted) = (0, false, false);
    for (position, character) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if character == '"' {
            quoted = !quoted;
        } else if !quoted && separators.contains(&character) {
            parts.push(&text[start..position]);
            start = position + character.len_utf8();
        }
    }
    parts.push(&text[start..]);
    parts
}

fn component(text: &str) -> Result<String, DnError> {
    let mut parts: Vec<String> = split(text, &['+'])
        .into_iter()
        .map(|part| {
            let (kind, value) = type_and_value(part)?;
            let value = fold(&String::from_utf8_lossy(&value));
            Ok(format!("{}={value}", kind.to_ascii_lowercase()))
        })
        .collect::<Result<_, DnError>>()?;
    parts.sort();
    // The unit separator cannot stand in a sensible value, so joined parts never read as another name.
    Ok(parts.join("\u{1f}"))
}

fn type_and_value(text: &str) -> Result<(String, Vec<u8>), DnError> {
    let (kind, value) = text.split_once('=').ok_or(DnError::NoEquals)?;
    let kind = kind.trim();
    let kind = kind.strip_prefix("OID.").or_else(|| kind.strip_prefix("oid.")).unwrap_or(kind);
    if kind.is_empty() || !kind.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')) {
        return Err(DnError::NoType);
    }
    Ok((kind.to_owned(), unescape(value)?))
}

fn unescape(raw: &str) -> Result<Vec<u8>, DnError> {
    let raw = raw.trim_start_matches(' ');
    if let Some(hexadecimal) = raw.strip_prefix('#') {
        return from_ber(hexadecimal.trim_end()).ok_or(DnError::Hexadecimal);
    }
    if let Some(quoted) = raw.trim_end().strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return unescape_characters(quoted, true);
    }
    unescape_characters(raw, false)
}

fn unescape_characters(raw: &str, quoted: bool) -> Result<Vec<u8>, DnError> {
    let mut value = Vec::with_capacity(raw.len());
    // Everything up to here was escaped or is not a space: trailing bare spaces beyond it are padding.
    let mut significant = 0;
    let mut characters = raw.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                let next = characters.next().ok_or(DnError::Escape)?;
                match next.to_digit(16) {
                    Some(high) => {
                        let low = characters.next().and_then(|c| c.to_digit(16)).ok_or(DnError::Escape)?;
                        value.push(u8::try_from(high * 16 + low).map_err(|_| DnError::Escape)?);
                    }
                    None => push(&mut value, next),
                }
                significant = value.len();
            }
            '"' | '<' | '>' if !quoted => return Err(DnError::Bare(character)),
            other => {
                push(&mut value, other);
                if other != ' ' || quoted {
                    significant = value.len();
                }
            }
        }
    }
    value.truncate(significant);
    Ok(value)
}

fn push(value: &mut Vec<u8>, character: char) {
    value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

fn from_ber(hexadecimal: &str) -> Option<Vec<u8>> {
    if hexadecimal.len() < 4 || !hexadecimal.len().is_multiple_of(2) || !hexadecimal.is_ascii() {
        return None;
    }
    let bytes: Vec<u8> = (0..hexadecimal.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).ok())
        .collect::<Option<_>>()?;
    let content = bytes.get(2..)?;
    (usize::from(bytes[1]) == content.len()).then(|| content.to_vec())
}

/// A string value made comparable: lower case, without outer spaces, inner runs of spaces as one (RFC 4518).
pub(super) fn fold(value: &str) -> String {
    let mut folded = String::with_capacity(value.len());
    for word in value.split(' ').filter(|word| !word.is_empty()) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dn(text: &str) -> Dn {
        Dn::parse(text).unwrap()
    }

    #[test]
    fn spellings_of_one_name_are_equal() {
        for other in [
            "CN=ada  example , OU=People,DC=example,dc=test",
            "cn=Ada Example;ou=people;dc=EXAMPLE;dc=test",
            "cn=\"Ada Example\",ou=People,dc=example,dc=test",
            "cn=\\41da\\20Example,ou=People,dc=example,dc=test",
            "cn=#0C0b416461204578616D706C65,ou=People,dc=example,dc=test",
        ] {
            assert_eq!(dn("cn=Ada Example,ou=People,dc=example,dc=test"), dn(other), "{other}");
        }
        assert_eq!(dn("cn=a+sn=b,dc=x"), dn("SN=B+CN=A,dc=x"));
        assert_eq!(dn("cn=Lu\\C4\\8Di\\C4\\87,dc=x"), dn("cn=LUČIĆ,dc=x"));
    }

    #[test]
    fn escaped_separators_belong_to_the_value() {
        assert_eq!(dn("cn=Sales\\, North,dc=x"), dn("cn=\"Sales, North\",dc=x"));
        assert_eq!(dn("cn=Sales\\2c North,dc=x").depth(), 2);
        assert_ne!(dn("cn=a\\+sn=b,dc=x"), dn("cn=a+sn=b,dc=x"));
        assert_eq!(
            naming_values("cn=Sales\\, North,dc=x").unwrap(),
            [("cn".into(), b"Sales, North".to_vec())]
        );
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(Dn::parse("nonsense"), Err(DnError::NoEquals));
        assert_eq!(Dn::parse("cn=a,,dc=x"), Err(DnError::NoEquals));
        assert_eq!(Dn::parse("=a,dc=x"), Err(DnError::NoType));
        assert_eq!(Dn::parse("cn=a\\"), Err(DnError::Escape));
        assert_eq!(Dn::parse("cn=a\\4,dc=x"), Err(DnError::Escape));
        assert_eq!(Dn::parse("cn=a<b"), Err(DnError::Bare('<')));
        assert_eq!(Dn::parse("cn=#zz00"), Err(DnError::Hexadecimal));
    }

    #[test]
    fn a_name_knows_where_it_lies() {
        let parent = dn("ou=People,dc=x");
        let child = dn("uid=a,ou=people,DC=X");
        assert!(child.is_within(&parent) && child.is_within(&child) && !parent.is_within(&child));
        assert_eq!(child.parent().unwrap(), parent);
        assert_eq!(child.moved(&parent, &dn("ou=Gone,dc=x")).unwrap(), dn("uid=a,ou=gone,dc=x"));
        assert!(!dn("ou=x people,dc=x").is_within(&dn("ou=people,dc=x")));
        assert!(Dn::default().is_root() && child.is_within(&Dn::default()));
    }
}
