//! Values as the official server converts and checks them: forgiving about names, strict about types and lengths.
//!
//! The errors are keyed by the server's own notation: a type that is wrong by the JSON path, and the first one ends
//! the reading; a value that breaks a rule by the field, and all of them are collected.

use super::decimal::decimal;
use super::errors::Refusal;
use super::json::{Document, Json};

/// The most errors that are reported; the last one then stands for the rest.
const MOST_ERRORS: usize = 200;

/// Reads a document: a value of a wrong type comes before a mistake further on in the text.
///
/// # Errors
///
/// Refuses a text without a value, with a mistake, or with a type that is wrong, as a 400.
pub(crate) fn read_document<T>(
    document: &Document,
    read: impl FnOnce(Node<'_>) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let mistake = document.mistake.as_ref().map(|it| conversion(&it.path, it.reason));
    if document.value == Json::Null {
        return Err(mistake.unwrap_or_else(no_body));
    }
    let value = read(Node { value: &document.value, path: "$".to_owned() })?;
    mistake.map_or(Ok(value), Err)
}

/// There is no value in the body.
pub(crate) fn no_body() -> Refusal {
    Refusal::Invalid(vec![(String::new(), "A non-empty request body is required.".to_owned())])
}

fn conversion(path: &str, message: &str) -> Refusal {
    Refusal::Invalid(vec![(path.to_owned(), format!("{message} Path: {path}"))])
}

/// Tells an address by the platform's plain rule: one @, neither first nor last, and no line break.
pub(crate) fn is_address(text: &str) -> bool {
    let mut places = text.match_indices('@').map(|(at, _)| at);
    match (places.next(), places.next()) {
        (Some(at), None) => at > 0 && at + 1 < text.len() && !text.contains(['\r', '\n']),
        _ => false,
    }
}

/// The length as the server counts it: in UTF-16 units.
pub(crate) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

pub(crate) fn required(field: &str) -> String {
    format!("The {field} field is required.")
}

pub(crate) fn too_long(field: &str, most: usize) -> String {
    format!("The field {field} must be a string with a maximum length of {most}.")
}

/// Collects errors up to the number that is reported.
#[derive(Default)]
pub(crate) struct Errors {
    found: Vec<(String, String)>,
}

impl Errors {
    pub(crate) fn push(&mut self, key: &str, text: String) {
        if self.found.len() + 1 < MOST_ERRORS {
            self.found.push((key.to_owned(), text));
        } else if self.found.len() + 1 == MOST_ERRORS {
            self.found.push((String::new(), String::new()));
        }
    }

    /// How many there are so far.
    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    /// Checks text that must be there, not be blank, and not be too long.
    pub(crate) fn text(&mut self, entry: &str, field: &str, value: Option<String>, most: usize) -> String {
        let value = value.unwrap_or_default();
        let key = if entry.is_empty() { field.to_owned() } else { format!("{entry}.{field}") };
        if value.trim().is_empty() {
            self.push(&key, required(field));
        }
        if length(&value) > most {
            self.push(&key, too_long(field, most));
        }
        value
    }

    pub(crate) fn into_result(self) -> Result<(), Refusal> {
        if self.found.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.found)) }
    }
}

/// A value with the place where it was found.
pub(crate) struct Node<'a> {
    value: &'a Json,
    path: String,
}

impl<'a> Node<'a> {
    /// The properties of an object with their names in lower case, in the order of the text: the server matches names
    /// without regard to case, converts each occurrence, and keeps the last.
    pub(crate) fn properties(self) -> Result<impl Iterator<Item = (String, Node<'a>)>, Refusal> {
        match self.value {
            Json::Object(entries) => {
                let path = self.path;
                Ok(entries.iter().map(move |(name, value)| {
                    (name.to_ascii_lowercase(), Node { value, path: format!("{path}.{name}") })
                }))
            }
            _ => Err(self.wrong("an object")),
        }
    }

    /// Reads the value unless it is null.
    pub(crate) fn optional<T>(
        self,
        read: impl FnOnce(Node<'a>) -> Result<T, Refusal>,
    ) -> Result<Option<T>, Refusal> {
        if *self.value == Json::Null { Ok(None) } else { read(self).map(Some) }
    }

    pub(crate) fn boolean(self) -> Result<bool, Refusal> {
        match self.value {
            Json::Boolean(value) => Ok(*value),
            _ => Err(self.wrong("System.Boolean")),
        }
    }

    pub(crate) fn integer(self) -> Result<i64, Refusal> {
        match self.value {
            Json::Number(number) => number.parse().map_err(|_| self.wrong("System.Int32")),
            _ => Err(self.wrong("System.Int32")),
        }
    }

    pub(crate) fn string(self) -> Result<String, Refusal> {
        match self.value {
            Json::Text(text) => Ok(text.clone()),
            _ => Err(self.wrong("System.String")),
        }
    }

    /// An id in the platform's notation, in lower case.
    pub(crate) fn guid(self) -> Result<String, Refusal> {
        match self.value {
            Json::Text(text) if text.len() == 36 => guid(text).ok_or_else(|| self.wrong("System.Guid")),
            _ => Err(self.wrong("System.Guid")),
        }
    }

    /// Reads text, a number or a boolean as text.
    pub(crate) fn permissive_string(self) -> Result<String, Refusal> {
        match self.value {
            Json::Text(text) => Ok(text.clone()),
            Json::Number(number) => decimal(number).ok_or_else(|| self.wrong("System.Decimal")),
            Json::Boolean(true) => Ok("True".to_owned()),
            Json::Boolean(false) => Ok("False".to_owned()),
            other => Err(conversion(&self.path, &format!("Unsupported TokenType: {}", other.token()))),
        }
    }

    /// Reads a list of texts, or a lone one. Mistakes in it are told at the place of the list.
    pub(crate) fn permissive_strings(self) -> Result<Vec<String>, Refusal> {
        match self.value {
            Json::List(values) => {
                let entry = |value| Node { value, path: self.path.clone() };
                values.iter().map(|value| entry(value).permissive_string()).collect()
            }
            Json::Object(_) => {
                Err(conversion(&self.path, "Cannot read JSON Object to an IEnumerable<string>."))
            }
            _ => Ok(vec![self.permissive_string()?]),
        }
    }

    pub(crate) fn list<T>(self, read: impl Fn(Node<'a>) -> Result<T, Refusal>) -> Result<Vec<T>, Refusal> {
        let Json::List(values) = self.value else { return Err(self.wrong("a list")) };
        let entry = |(at, value)| Node { value, path: format!("{}[{at}]", self.path) };
        values.iter().enumerate().map(|numbered| read(entry(numbered))).collect()
    }

    /// The value as it is.
    pub(crate) fn json(&self) -> &'a Json {
        self.value
    }

    fn wrong(&self, wanted: &str) -> Refusal {
        conversion(&self.path, &format!("The JSON value could not be converted to {wanted}."))
    }
}

/// Reads an id in any notation of the platform: with and without hyphens, in braces or parentheses.
pub(crate) fn guid(text: &str) -> Option<String> {
    let text = text.trim();
    let inner = match text.as_bytes() {
        [b'{', .., b'}'] | [b'(', .., b')'] if text.len() == 38 => &text[1..37],
        _ => text,
    };
    let is_plain = inner.len() == 36 || (inner.len() == 32 && inner == text);
    is_plain.then(|| uuid::Uuid::try_parse(inner).ok()).flatten().map(|id| id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_every_notation() {
        let id = "0a1b2c3d-0000-4000-8000-00000000000f";
        for text in [
            "0A1B2C3D-0000-4000-8000-00000000000F",
            "0a1b2c3d00004000800000000000000f",
            "{0a1b2c3d-0000-4000-8000-00000000000f}",
            "(0a1b2c3d-0000-4000-8000-00000000000f)",
        ] {
            assert_eq!(guid(text).as_deref(), Some(id), "{text}");
        }
        for text in
            ["", "7", "me", "{0a1b2c3d00004000800000000000000f}", "0a1b2c3d-0000-4000-8000-00000000000"]
        {
            assert_eq!(guid(text), None, "{text}");
        }
    }
}
