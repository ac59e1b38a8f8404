//! The part of LDIF (RFC 2849) that content records need: comments, folding, base64 and plain values.
//!
//! Change records and values by URL are refused with the line they stand on: a directory that silently
//! loaded half of its data would make every test after it a lie.

use std::borrow::Cow;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// One entry as it stands in LDIF: its distinguished name as written, and its attributes in the order of first use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The distinguished name, spelled as in the text.
    pub dn: String,
    /// The attributes; a name that occurs again (without regard to case) adds to the first one's values.
    pub attributes: Vec<Attribute>,
}

/// An attribute description with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name as first spelled, options included (`cn;lang-en`).
    pub name: String,
    /// The values, as bytes.
    pub values: Vec<Vec<u8>>,
}

/// Why a text is not LDIF that this server takes. Every variant names the line, counted from 1.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum LdifError {
    /// A line has no colon.
    #[error("line {line}: a colon is missing")]
    NoColon {
        /// The line, from 1.
        line: usize,
    },
    /// A record does not begin with `dn:`.
    #[error("line {line}: a record begins with `dn:`, not with `{found}:`")]
    NoName {
        /// The line, from 1.
        line: usize,
        /// The attribute found in its place.
        found: String,
    },
    /// An attribute name is empty or holds characters that RFC 4512 does not allow.
    #[error("line {line}: `{name}` is not an attribute name")]
    AttributeName {
        /// The line, from 1.
        line: usize,
        /// What stands there.
        name: String,
    },
    /// A `::` value is not base64.
    #[error("line {line}: the value is not base64")]
    Base64 {
        /// The line, from 1.
        line: usize,
        /// The decoder's complaint.
        #[source]
        source: base64::DecodeError,
    },
    /// A distinguished name given as base64 is not UTF-8.
    #[error("line {line}: the distinguished name is not UTF-8")]
    NameNotUtf8 {
        /// The line, from 1.
        line: usize,
    },
    /// A distinguished name does not follow RFC 4514.
    #[error("line {line}: `{dn}` is not a distinguished name")]
    NameSyntax {
        /// The line, from 1.
        line: usize,
        /// The name as written.
        dn: String,
        /// What is wrong with it.
        #[source]
        source: super::dn::DnError,
    },
    /// A continuation line stands where nothing can be continued.
    #[error("line {line}: nothing to continue")]
    Continuation {
        /// The line, from 1.
        line: usize,
    },
    /// A version other than 1.
    #[error("line {line}: LDIF version `{version}` is not known")]
    Version {
        /// The line, from 1.
        line: usize,
        /// The version as written.
        version: String,
    },
    /// A `changetype:` line or a value by URL (`:<`).
    #[error("line {line}: {what} are not supported")]
    Unsupported {
        /// The line, from 1.
        line: usize,
        /// What was met.
        what: &'static str,
    },
}

/// Reads every record of an LDIF text.
///
/// Names are checked against RFC 4514; nothing else about an entry is (no schema).
pub fn parse(text: &str) -> Result<Vec<Record>, LdifError> {
    let mut records = Vec::new();
    let mut current: Option<Record> = None;
    for line in unfold(text)? {
        if line.text.is_empty() {
            records.extend(current.take());
            continue;
        }
        let (name, value) = split(&line)?;
        match &mut current {
            Some(record) => add(record, &name, value, line.number)?,
            None if name.eq_ignore_ascii_case("version") && records.is_empty() => {
                if value != b"1" {
                    let version = String::from_utf8_lossy(&value).into_owned();
                    return Err(LdifError::Version { line: line.number, version });
                }
            }
            None if name.eq_ignore_ascii_case("dn") => {
                let dn =
                    String::from_utf8(value).map_err(|_| LdifError::NameNotUtf8 { line: line.number })?;
                if let Err(source) = super::dn::Dn::parse(&dn) {
                    return Err(LdifError::NameSyntax { line: line.number, dn, source });
                }
                current = Some(Record { dn, attributes: Vec::new() });
            }
            None => return Err(LdifError::NoName { line: line.number, found: name }),
        }
    }
    records.extend(current);
    Ok(records)
}

struct Line<'a> {
    number: usize,
    text: Cow<'a, str>,
}

fn unfold(text: &str) -> Result<Vec<Line<'_>>, LdifError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut in_comment = false;
    for (index, raw) in text.split('\n').enumerate() {
        let number = index + 1;
        let raw = raw.strip_suffix('\r').unwrap_or(raw);
        if let Some(rest) = raw.strip_prefix(' ') {
            if in_comment {
                continue;
            }
            match lines.last_mut() {
                Some(last) if !last.text.is_empty() => last.text.to_mut().push_str(rest),
                _ => return Err(LdifError::Continuation { line: number }),
            }
            continue;
        }
        in_comment = raw.starts_with('#');
        if !in_comment {
            lines.push(Line { number, text: Cow::Borrowed(raw) });
        }
    }
    Ok(lines)
}

fn split(line: &Line<'_>) -> Result<(String, Vec<u8>), LdifError> {
    let number = line.number;
    let (name, rest) = line.text.split_once(':').ok_or(LdifError::NoColon { line: number })?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ';' | '_' | '=');
    if name.is_empty() || !name.chars().all(allowed) {
        return Err(LdifError::AttributeName { line: number, name: name.to_owned() });
    }
    let value = if let Some(encoded) = rest.strip_prefix(':') {
        STANDARD.decode(encoded.trim()).map_err(|source| LdifError::Base64 { line: number, source })?
    } else if rest.starts_with('<') {
        return Err(LdifError::Unsupported { line: number, what: "values by URL" });
    } else {
        rest.trim_start_matches(' ').as_bytes().to_vec()
    };
    Ok((name.to_owned(), value))
}

fn add(record: &mut Record, name: &str, value: Vec<u8>, line: usize) -> Result<(), LdifError> {
    if name.eq_ignore_ascii_case("changetype") && record.attributes.is_empty() {
        return Err(LdifError::Unsupported { line, what: "change records" });
    }
    match record.attributes.iter_mut().find(|attribute| attribute.name.eq_ignore_ascii_case(name)) {
        Some(attribute) => attribute.values.push(value),
        None => record.attributes.push(Attribute { name: name.to_owned(), values: vec![value] }),
    }
    Ok(())
}

/// Writes one record and the empty line after it; values that plain LDIF cannot hold go out as base64.
///
/// Long lines are folded at 76 bytes, as other tools do. Errors are the writer's own.
pub fn write_record(out: &mut dyn Write, record: &Record) -> io::Result<()> {
    write_line(out, "dn", record.dn.as_bytes())?;
    for attribute in &record.attributes {
        for value in &attribute.values {
            write_line(out, &attribute.name, value)?;
        }
    }
    out.write_all(b"\n")
}

fn write_line(out: &mut dyn Write, name: &str, value: &[u8]) -> io::Result<()> {
    const WIDTH: usize = 76;
    let mut line = Vec::with_capacity(name.len() + 2 + value.len());
    line.extend_from_slice(name.as_bytes());
    if is_safe(value) {
        line.extend_from_slice(b": ");
        line.extend_from_slice(value);
    } else {
        line.extend_from_slice(b":: ");
        line.extend_from_slice(STANDARD.encode(value).as_bytes());
    }
    let (first, mut rest) = line.split_at(line.len().min(WIDTH));
    out.write_all(first)?;
    while !rest.is_empty() {
        let (part, after) = rest.split_at(rest.len().min(WIDTH - 1));
        out.write_all(b"\n ")?;
        out.write_all(part)?;
        rest = after;
    }
    out.write_all(b"\n")
}

fn is_safe(value: &[u8]) -> bool {
    let first_is_safe = !matches!(value.first(), Some(b' ' | b':' | b'<'));
    first_is_safe && value.last() != Some(&b' ') && value.iter().all(|byte| matches!(byte, 0x20..=0x7e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(record: &Record, name: &str) -> Vec<u8> {
        record.attributes.iter().find(|a| a.name == name).unwrap().values[0].clone()
    }

    #[test]
    fn comments_folding_and_base64_are_undone() {
        let text = "version: 1\r\n# a comment\r\n  that goes on\r\ndn: cn=a\r\n b,dc=x\r\nCN: one\r\n# inside\r\n\
                    cn: two\r\nsn:: w4lsw6k=\r\ndescription:no space\r\nempty:\r\n\r\n\r\ndn: dc=x\r\n";
        let records = parse(text).unwrap();
        assert_eq!(records.len(), 2);
        assert_eq!(records[0].dn, "cn=ab,dc=x");
        assert_eq!(records[0].attributes[0].name, "CN");
        assert_eq!(records[0].attributes[0].values, [b"one".to_vec(), b"two".to_vec()]);
        assert_eq!(value(&records[0], "sn"), "Élé".as_bytes());
        assert_eq!(value(&records[0], "description"), b"no space");
        assert_eq!(value(&records[0], "empty"), b"");
    }

    #[test]
    fn unencoded_utf8_is_taken_as_it_stands() {
        let records = parse("dn: cn=Ζωή,dc=x\ncn: Ζωή\n").unwrap();
        assert_eq!(value(&records[0], "cn"), "Ζωή".as_bytes());
    }

    #[test]
    fn errors_name_the_line() {
        assert_eq!(parse("dn: dc=x\nno colon here"), Err(LdifError::NoColon { line: 2 }));
        assert_eq!(parse("\n\ncn: x\n"), Err(LdifError::NoName { line: 3, found: "cn".into() }));
        assert_eq!(parse("dn: dc=x\n\n folded"), Err(LdifError::Continuation { line: 3 }));
        assert!(matches!(parse("dn: dc=x\ncn: y\nsn:: ???"), Err(LdifError::Base64 { line: 3, .. })));
        assert!(matches!(parse("dn: nonsense\n"), Err(LdifError::NameSyntax { line: 1, .. })));
        assert!(matches!(parse("dn: dc=x\nchangetype: add\n"), Err(LdifError::Unsupported { line: 2, .. })));
        assert!(matches!(
            parse("dn: dc=x\nphoto:< file:///x\n"),
            Err(LdifError::Unsupported { line: 2, .. })
        ));
        assert!(matches!(parse("version: 2\n"), Err(LdifError::Version { line: 1, .. })));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let record = Record {
            dn: format!("cn={},dc=x", "ü".repeat(60)),
            attributes: vec![
                Attribute {
                    name: "a".into(),
                    values: vec![b" leading".to_vec(), b"trailing ".to_vec(), vec![]],
                },
                Attribute { name: "b".into(), values: vec![(0..=255).collect(), vec![b'x'; 1000]] },
                Attribute { name: "c".into(), values: vec![b":colon".to_vec(), b"two\nlines".to_vec()] },
            ],
        };
        let mut text = Vec::new();
        write_record(&mut text, &record).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.lines().all(|line| line.len() <= 76));
        assert_eq!(parse(&text).unwrap(), [record]);
    }
}
