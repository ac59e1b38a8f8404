//! What a server says when it refuses, out of every shape that is met.
//!
//! `error` alone can be a sentence, a code, an empty string or an object, and a proxy answers with a page. The reader is
//! tolerant on purpose: an answer that it cannot read is told as what came instead, and is never a second error.

use crate::http::{self, Answer, describe_status};
use serde_json::{Map, Value};
use std::fmt;
use std::time::Duration;

/// How many single errors are kept; the official server itself reports no more than 200.
const MOST_DETAILS: usize = 20;

/// How many characters of one text are kept.
const LONGEST_TEXT: usize = 2_000;

/// How many characters of all single errors together are kept: a refusal is remembered for each request.
const LONGEST_DETAILS: usize = 4_000;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerMessage {
    /// The HTTP status.
    pub status: u16,
    /// Where the request went.
    pub url: String,
    /// The server's own text; empty where it gave none.
    pub message: String,
    /// The single errors, at most 20, each with its field in front where the server named one.
    pub details: Vec<String>,
    /// The OAuth code, such as `invalid_client`, where there is one.
    pub code: Option<String>,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// What came in place of words; None: the words are the server's.
    pub wordless: Option<Wordless>,
    /// Whether a web page came, as from a proxy or a wrong address.
    pub page: bool,
}

/// What a refusal without a word of the server's holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wordless {
    /// The OAuth code alone.
    Code {
        /// Such as `invalid_client`.
        code: String,
    },
    /// Nothing at all.
    Nothing,
    /// A web page.
    Page {
        /// Its title, where it has one of no more than 80 characters.
        title: Option<String>,
    },
    /// Something that cannot be read.
    Unreadable,
}

impl ServerMessage {
    /// Reads the body of a refusal that came from `url`.
    pub fn read(url: &str, status: u16, body: &[u8]) -> Box<Self> {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        let mut read = Box::new(Self {
            status,
            url: url.to_owned(),
            message: String::new(),
            details: Vec::new(),
            code: None,
            retry_after: None,
            wordless: None,
            page: is_page(body),
        });
        match serde_json::from_str(text) {
            Ok(Value::Object(object)) => read.take(&object),
            Ok(Value::String(sentence)) => read.message = clean(&sentence),
            Ok(_) => {}
            Err(_) if is_sentence(text) => read.message = clean(text),
            Err(_) => {}
        }
        if read.message.is_empty() {
            read.wordless = Some(match &read.code {
                Some(code) => Wordless::Code { code: code.clone() },
                None => what(text),
            });
        }
        read
    }

    /// Reads an answer of `url` that is a refusal.
    pub(super) fn of(url: &str, answer: &Answer) -> Box<Self> {
        let mut read = Self::read(url, answer.status, &answer.body);
        read.retry_after = http::retry_after(&answer.headers);
        read
    }

    /// Whether the words are the server's.
    pub fn is_worded(&self) -> bool {
        self.wordless.is_none()
    }

    /// Whether it is this status with nothing of the server's own in it.
    pub(super) fn is_bare(&self, status: u16) -> bool {
        self.status == status && !self.is_worded() && !self.page
    }

    fn take(&mut self, object: &Map<String, Value>) {
        let error = key(object, "error");
        let description = sentence(object, "error_description");
        self.code = error.and_then(Value::as_str).filter(|code| is_code(code)).map(str::to_owned);
        let nested = |field| key(object, field).and_then(Value::as_object);
        self.message = [
            sentence(object, "message"),
            nested("errorModel").and_then(|model| sentence(model, "message")),
            description,
            error.and_then(Value::as_str).filter(|text| !is_code(text)).map(clean),
            nested("error").and_then(|error| {
                sentence(error, "message")
                    .or_else(|| sentence(error, "description"))
                    .or_else(|| sentence(error, "reason"))
            }),
            sentence(object, "detail"),
            sentence(object, "title"),
        ]
        .into_iter()
        .flatten()
        .find(|text| !text.is_empty())
        .unwrap_or_default();
        for field in ["errors", "validationErrors"] {
            if let Some(errors) = key(object, field) {
                self.add_details("", errors);
            }
        }
        if self.message.is_empty() && !self.details.is_empty() {
            self.message = self.details.remove(0);
        }
    }

    fn add_details(&mut self, field: &str, value: &Value) {
        match value {
            Value::String(text) => {
                let text = clean(text);
                let detail = if field.is_empty() { text } else { format!("{}: {text}", clean(field)) };
                let known = detail == self.message || self.details.contains(&detail);
                let kept: usize = self.details.iter().map(|it| it.chars().count()).sum();
                let room = LONGEST_DETAILS.saturating_sub(kept);
                if !known && !detail.is_empty() && self.details.len() < MOST_DETAILS && room > 0 {
                    self.details.push(detail.chars().take(room).collect());
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.add_details(field, value)),
            Value::Object(fields) => {
                fields.iter().for_each(|(field, value)| self.add_details(field, value));
            }
            _ => {}
        }
    }
}

/// As logs and records have it.
impl fmt::Display for ServerMessage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, status, message, wordless, .. } = self;
        let answered = describe_status(*status);
        match wordless {
            None => formatter.write_str(message),
            Some(Wordless::Code { code }) => {
                write!(formatter, "{url} refused with `{code}` (status {status})")
            }
            Some(Wordless::Nothing) => write!(formatter, "{url} answered {answered} without an explanation"),
            Some(Wordless::Page { title: Some(title) }) => write!(
                formatter,
                "{url} answered {answered} with a web page (“{title}”) in place of the server's answer"
            ),
            Some(Wordless::Page { title: None }) => {
                write!(formatter, "{url} answered {answered} with a web page in place of the server's answer")
            }
            Some(Wordless::Unreadable) => {
                write!(formatter, "{url} answered {answered} with something that cannot be read")
            }
        }?;
        self.details.iter().try_for_each(|detail| write!(formatter, "\n{detail}"))
    }
}

/// Whether a body is a web page and not an answer to a program.
pub(super) fn is_page(body: &[u8]) -> bool {
    let start = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    start.starts_with(b"<")
}

fn what(text: &str) -> Wordless {
    if text.is_empty() {
        Wordless::Nothing
    } else if is_page(text.as_bytes()) {
        Wordless::Page { title: title(text) }
    } else {
        Wordless::Unreadable
    }
}

fn title(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower[start..].find("</title>")?;
    let title = clean(&page[start..end]);
    (!title.is_empty() && title.chars().count() <= 80).then_some(title)
}

fn key<'a>(object: &'a Map<String, Value>, wanted: &str) -> Option<&'a Value> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
}

fn sentence(object: &Map<String, Value>, field: &str) -> Option<String> {
    key(object, field).and_then(Value::as_str).map(clean)
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn is_sentence(text: &str) -> bool {
    const LONGEST_SENTENCE: usize = 300;
    !text.starts_with(['<', '{', '[', '"'])
        && text.chars().count() <= LONGEST_SENTENCE
        && !text.contains('\u{fffd}')
}

fn clean(text: &str) -> String {
    text.trim()
        .chars()
        .map(|character| if character == '\n' || character == '\t' { ' ' } else { character })
        .filter(|character| !character.is_control())
        .take(LONGEST_TEXT)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://vault.example.test/api/public/members";

    fn read(status: u16, body: &str) -> Box<ServerMessage> {
        ServerMessage::read(URL, status, body.as_bytes())
    }

    #[test]
    fn every_known_shape_gives_the_servers_own_text() {
        let table = [
            (
                r#"{"object":"error","message":"Organization cannot use directory syncing.","errors":null}"#,
                "Organization cannot use directory syncing.",
            ),
            (
                r#"{"message":"Slow down! Too many requests. Try again in 1m.","validationErrors":null,"exceptionMessage":null,"object":"error"}"#,
                "Slow down! Too many requests. Try again in 1m.",
            ),
            (
                r#"{"error":"invalid_grant","error_description":"Two factor required.","TwoFactorProviders":["0"]}"#,
                "Two factor required.",
            ),
            (
                r#"{"error":"invalid_grant","error_description":"invalid_username_or_password","ErrorModel":{"Message":"Username or password is incorrect. Try again.","Object":"error"}}"#,
                "Username or password is incorrect. Try again.",
            ),
            (
                r#"{"message":"Incorrect client_secret","validationErrors":{"":["Incorrect client_secret"]},"errorModel":{"message":"Incorrect client_secret","object":"error"},"error":"","error_description":"","exceptionMessage":null,"object":"error"}"#,
                "Incorrect client_secret",
            ),
            (
                r#"{"message":"","error":"","errorModel":{"message":"Only here","object":"error"}}"#,
                "Only here",
            ),
            (
                r#"{"error":{"code":422,"reason":"Unprocessable Entity","description":"The request was well-formed."}}"#,
                "The request was well-formed.",
            ),
            (r#"{"error":{"code":404,"reason":"Not Found"}}"#, "Not Found"),
            (r#"{"type":"about:blank","title":"Not Acceptable","status":406}"#, "Not Acceptable"),
            (r#""just a string""#, "just a string"),
            ("\u{feff}Service is being upgraded\n", "Service is being upgraded"),
        ];
        for (body, wanted) in table {
            let message = read(400, body);
            assert_eq!(message.to_string(), wanted, "{body}");
            assert!(message.is_worded(), "{body}");
        }
    }

    #[test]
    fn single_errors_follow_on_lines_of_their_own() {
        let message = read(
            400,
            r#"{"object":"error","message":"The request's model state is invalid.","errors":{"Members[3].Email":["The field is too long.","It is no address."],"":["Body is empty."]}}"#,
        );
        assert_eq!(
            message.to_string(),
            "The request's model state is invalid.\nMembers[3].Email: The field is too long.\n\
             Members[3].Email: It is no address.\nBody is empty."
        );
        let only_details = read(400, r#"{"errors":{"An error has occurred.":["No payment method found."]}}"#);
        assert_eq!(only_details.message, "An error has occurred.: No payment method found.");
    }

    #[test]
    fn no_more_than_twenty_single_errors_are_kept() {
        let errors: Vec<String> = (0..50).map(|number| format!("error {number}")).collect();
        let body = serde_json::json!({ "message": "Errors have occurred.", "errors": { "Members": errors } });
        let message = read(400, &body.to_string());
        assert_eq!(message.details.len(), 20);
        assert_eq!(message.details[19], "Members: error 19");
    }

    #[test]
    fn an_oauth_code_is_kept_and_becomes_part_of_a_sentence() {
        let message = read(400, r#"{"error":"invalid_client"}"#);
        assert_eq!(message.code.as_deref(), Some("invalid_client"));
        assert_eq!(message.wordless, Some(Wordless::Code { code: "invalid_client".to_owned() }));
        assert_eq!(message.to_string(), format!("{URL} refused with `invalid_client` (status 400)"));
    }

    #[test]
    fn what_says_nothing_is_named_by_address_and_status() {
        let table = [
            ("", "without an explanation"),
            ("<html><head><title>502 Bad Gateway</title></head></html>", "“502 Bad Gateway”"),
            ("<!DOCTYPE html><p>no title", "web page"),
            (r#"{"object":"error","mess"#, "cannot be read"),
            ("{}", "cannot be read"),
            ("[1,2]", "cannot be read"),
            (r#"{"error":"","message":null}"#, "cannot be read"),
        ];
        for (body, wanted) in table {
            let message = read(502, body);
            let said = message.to_string();
            assert!(said.contains(wanted) && said.contains(URL) && said.contains("502"), "{body}: {said}");
            assert_eq!((message.message.as_str(), message.is_worded()), ("", false), "{body}");
        }
    }

    #[test]
    fn control_characters_never_reach_a_terminal() {
        let message = read(400, r#"{"message":"red \u001b[31malert\nsecond line"}"#);
        assert_eq!(message.message, "red [31malert second line");
    }

    proptest::proptest! {
        #[test]
        fn no_body_makes_the_reader_fail_or_fall_silent(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            proptest::prop_assert!(!ServerMessage::read(URL, 500, &body).to_string().is_empty());
        }
    }
}
