//! Search filters over bytes (RFC 4511, 4.5.1.7).
//!
//! The protocol crate's own filter type holds text only and so refuses an assertion on `objectGUID`; this one keeps
//! the bytes, and writes itself as RFC 4515 text for the log.

use std::fmt;

use ldap3_lber::common::TagClass;
use ldap3_lber::structure::StructureTag;

/// Deeper nesting is refused, so that a request cannot exhaust the stack.
const MAX_DEPTH: usize = 64;

/// A search filter as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Equality(String, Vec<u8>),
    Substring { attribute: String, initial: Option<Vec<u8>>, any: Vec<Vec<u8>>, last: Option<Vec<u8>> },
    GreaterOrEqual(String, Vec<u8>),
    LessOrEqual(String, Vec<u8>),
    Present(String),
    Approximate(String, Vec<u8>),
    Extensible { rule: Option<String>, attribute: Option<String>, value: Vec<u8>, dn_attributes: bool },
}

impl Filter {
    /// Decodes a filter; `None` when it does not follow the protocol.
    pub(super) fn decode(tag: StructureTag) -> Option<Self> {
        decode(tag, MAX_DEPTH)
    }
}

fn decode(tag: StructureTag, depth: usize) -> Option<Filter> {
    let depth = depth.checked_sub(1)?;
    if tag.class != TagClass::Context {
        return None;
    }
    let all = |tag: StructureTag| -> Option<Vec<Filter>> {
        tag.expect_constructed()?.into_iter().map(|inner| decode(inner, depth)).collect()
    };
    match tag.id {
        0 => Some(Filter::And(all(tag)?)),
        1 => Some(Filter::Or(all(tag)?)),
        2 => Some(Filter::Not(Box::new(decode(tag.expect_constructed()?.pop()?, depth)?))),
        3 => assertion(tag).map(|(attribute, value)| Filter::Equality(attribute, value)),
        4 => substring(tag),
        5 => assertion(tag).map(|(attribute, value)| Filter::GreaterOrEqual(attribute, value)),
        6 => assertion(tag).map(|(attribute, value)| Filter::LessOrEqual(attribute, value)),
        7 => Some(Filter::Present(text(tag)?)),
        8 => assertion(tag).map(|(attribute, value)| Filter::Approximate(attribute, value)),
        9 => extensible(tag),
        _ => None,
    }
}

fn text(tag: StructureTag) -> Option<String> {
    String::from_utf8(tag.expect_primitive()?).ok()
}

fn assertion(tag: StructureTag) -> Option<(String, Vec<u8>)> {
    let [attribute, value] = <[StructureTag; 2]>::try_from(tag.expect_constructed()?).ok()?;
    Some((text(attribute)?, value.expect_primitive()?))
}

fn substring(tag: StructureTag) -> Option<Filter> {
    let [attribute, parts] = <[StructureTag; 2]>::try_from(tag.expect_constructed()?).ok()?;
    let parts = parts.expect_constructed()?;
    let (mut initial, mut any, mut last) = (None, Vec::new(), None);
    let end = parts.len().checked_sub(1)?;
    for (position, part) in parts.into_iter().enumerate() {
        let kind = part.id;
        let value = part.expect_primitive()?;
        match kind {
            0 if position == 0 => initial = Some(value),
            1 => any.push(value),
            2 if position == end => last = Some(value),
            _ => return None,
        }
    }
    Some(Filter::Substring { attribute: text(attribute)?, initial, any, last })
}

fn extensible(tag: StructureTag) -> Option<Filter> {
    let (mut rule, mut attribute, mut value, mut dn_attributes) = (None, None, None, false);
    for part in tag.expect_constructed()? {
        match part.id {
            1 => rule = Some(text(part)?),
            2 => attribute = Some(text(part)?),
            3 => value = Some(part.expect_primitive()?),
            4 => dn_attributes = part.expect_primitive()?.first().is_some_and(|byte| *byte != 0),
            _ => return None,
        }
    }
    if rule.is_none() && attribute.is_none() {
        return None;
    }
    Some(Filter::Extensible { rule, attribute, value: value?, dn_attributes })
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => list(f, '&', parts),
            Self::Or(parts) => list(f, '|', parts),
            Self::Not(part) => write!(f, "(!{part})"),
            Self::Equality(attribute, value) => write!(f, "({attribute}={})", Escaped(value)),
            Self::GreaterOrEqual(attribute, value) => write!(f, "({attribute}>={})", Escaped(value)),
            Self::LessOrEqual(attribute, value) => write!(f, "({attribute}<={})", Escaped(value)),
            Self::Approximate(attribute, value) => write!(f, "({attribute}~={})", Escaped(value)),
            Self::Present(attribute) => write!(f, "({attribute}=*)"),
            Self::Substring { attribute, initial, any, last } => {
                write!(f, "({attribute}={}*", Escaped(initial.as_deref().unwrap_or_default()))?;
                for part in any {
                    write!(f, "{}*", Escaped(part))?;
                }
                write!(f, "{})", Escaped(last.as_deref().unwrap_or_default()))
            }
            Self::Extensible { rule, attribute, value, dn_attributes } => {
                write!(f, "({}", attribute.as_deref().unwrap_or_default())?;
                if *dn_attributes {
                    f.write_str(":dn")?;
                }
                if let Some(rule) = rule {
                    write!(f, ":{rule}")?;
                }
                write!(f, ":={})", Escaped(value))
            }
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, operator: char, parts: &[Filter]) -> fmt::Result {
    write!(f, "({operator}")?;
    for part in parts {
        write!(f, "{part}")?;
    }
    f.write_str(")")
}

struct Escaped<'a>(&'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                match character {
                    '*' | '(' | ')' | '\\' | '\0'..='\u{1f}' | '\u{7f}' => {
                        write!(f, "\\{:02x}", character as u32)?;
                    }
                    other => write!(f, "{other}")?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\{byte:02x}")?;
            }
        }
        Ok(())
    }
}
