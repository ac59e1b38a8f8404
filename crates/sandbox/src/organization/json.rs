//! JSON as the official server reads it: strictly, in the order of the text, with numbers as they were written.
//!
//! What was read before a mistake is kept, because the server converts as it reads: a value of a wrong type is
//! reported before a mistake that comes after it.

/// The deepest nesting that is read.
const DEEPEST: usize = 32;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Boolean(bool),
    /// As it was written.
    Number(String),
    Text(String),
    List(Vec<Json>),
    /// Names in the order of the text, repeated ones too.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The kind of the value as the server's reader calls it.
    pub(crate) fn token(&self) -> &'static str {
        match self {
            Json::Null => "Null",
            Json::Boolean(true) => "True",
            Json::Boolean(false) => "False",
            Json::Number(_) => "Number",
            Json::Text(_) => "String",
            Json::List(_) => "StartArray",
            Json::Object(_) => "StartObject",
        }
    }
}

/// A text that was read, to its end or to its first mistake.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) value: Json,
    pub(crate) mistake: Option<Mistake>,
}

/// Where the text is not JSON, and why.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) path: String,
    pub(crate) reason: &'static str,
}

/// Reads a text.
pub(crate) fn read(text: &str) -> Document {
    let mut reader = Reader { text, at: 0, path: "$".to_owned(), depth: 0, reason: None };
    let value = reader.value().unwrap_or(Json::Null);
    reader.skip_blanks();
    if reader.reason.is_none() && reader.at < text.len() {
        reader.fail::<()>("there is more after the end of the JSON data");
    }
    let mistake = reader.reason.map(|reason| Mistake { path: reader.path, reason });
    Document { value, mistake }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    path: String,
    depth: usize,
    reason: Option<&'static str>,
}

impl Reader<'_> {
    /// Reads a value; `None` where there is no beginning of one. A mistake inside leaves what came before it.
    fn value(&mut self) -> Option<Json> {
        self.skip_blanks();
        match self.peek() {
            Some(b'{') => self.nested(Reader::object),
            Some(b'[') => self.nested(Reader::list),
            Some(b'"') => self.string().map(Json::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Json) -> Option<Json> {
        if self.depth == DEEPEST {
            return self.fail("the text is nested too deeply");
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self);
        self.depth -= 1;
        Some(value)
    }

    fn object(&mut self) -> Json {
        let mut entries = Vec::new();
        let length = self.path.len();
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b'}') if entries.is_empty() => {
                    self.at += 1;
                    break;
                }
                Some(b'"') => {}
                _ => {
                    self.fail::<()>("a property name was expected");
                    break;
                }
            }
            let Some(name) = self.string() else { break };
            self.path.push('.');
            self.path.push_str(&name);
            self.skip_blanks();
            if !self.take(b':') {
                self.fail::<()>("a colon was expected");
                break;
            }
            if let Some(value) = self.value() {
                entries.push((name, value));
            }
            if self.reason.is_some() {
                break;
            }
            self.path.truncate(length);
            if !self.goes_on(b'}') {
                break;
            }
        }
        Json::Object(entries)
    }

    fn list(&mut self) -> Json {
        let mut values = Vec::new();
        let length = self.path.len();
        loop {
            self.skip_blanks();
            if values.is_empty() && self.take(b']') {
                break;
            }
            self.path.push_str(&format!("[{}]", values.len()));
            if let Some(value) = self.value() {
                values.push(value);
            }
            if self.reason.is_some() {
                break;
            }
            self.path.truncate(length);
            if !self.goes_on(b']') {
                break;
            }
        }
        Json::List(values)
    }

    /// Whether another entry follows; takes the comma or the end.
    fn goes_on(&mut self, end: u8) -> bool {
        self.skip_blanks();
        if self.take(b',') {
            return true;
        }
        if !self.take(end) {
            self.fail::<()>("a comma or the end was expected");
        }
        false
    }

    fn string(&mut self) -> Option<String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(letter) = rest.chars().next() else { return self.fail("a string does not end") };
            self.at += letter.len_utf8();
            match letter {
                '"' => return Some(text),
                '\\' => text.push(self.escaped()?),
                '\0'..='\u{1f}' => return self.fail("a control character stands in a string"),
                _ => text.push(letter),
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        let Some(letter) = self.peek() else { return self.fail("a string does not end") };
        self.at += 1;
        Some(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.escaped_unit(),
            _ => return self.fail("an escape is not known"),
        })
    }

    fn escaped_unit(&mut self) -> Option<char> {
        let first = self.unit()?;
        let mut units = vec![first];
        if (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            units.push(self.unit()?);
        }
        match char::decode_utf16(units).collect::<Result<Vec<char>, _>>().as_deref() {
            Ok([letter]) => Some(*letter),
            _ => self.fail("half a pair of surrogates stands alone"),
        }
    }

    fn unit(&mut self) -> Option<u16> {
        let digits =
            self.text.get(self.at..self.at + 4).filter(|it| it.bytes().all(|it| it.is_ascii_hexdigit()));
        let Some(unit) = digits.and_then(|it| u16::from_str_radix(it, 16).ok()) else {
            return self.fail("four hexadecimal digits were expected");
        };
        self.at += 4;
        Some(unit)
    }

    fn number(&mut self) -> Option<Json> {
        let start = self.at;
        let _ = self.take(b'-');
        let first = self.peek();
        let whole = self.digits();
        let leading_zero = first == Some(b'0') && whole > 1;
        let fraction = !self.take(b'.') || self.digits() > 0;
        let exponent = if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits() > 0
        } else {
            true
        };
        if whole == 0 || leading_zero || !fraction || !exponent {
            return self.fail("a number is not written as JSON writes them");
        }
        Some(Json::Number(self.text[start..self.at].to_owned()))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|it| it.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn word(&mut self) -> Option<Json> {
        for (word, value) in
            [("true", Json::Boolean(true)), ("false", Json::Boolean(false)), ("null", Json::Null)]
        {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Some(value);
            }
        }
        self.fail("a value was expected")
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn take(&mut self, wanted: u8) -> bool {
        let is_there = self.peek() == Some(wanted);
        if is_there {
            self.at += 1;
        }
        is_there
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn fail<T>(&mut self, reason: &'static str) -> Option<T> {
        self.reason.get_or_insert(reason);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> Option<String> {
        read(text).mistake.map(|it| it.path)
    }

    #[test]
    fn values_keep_their_order_and_their_numbers() {
        let document = read(r#" {"b":5.50,"A":[1e2,null,true,"\u00e9\ud83d\ude00\n"],"b":{}} "#);
        assert!(document.mistake.is_none());
        let list = vec![
            Json::Number("1e2".to_owned()),
            Json::Null,
            Json::Boolean(true),
            Json::Text("é😀\n".to_owned()),
        ];
        let entries = vec![
            ("b".to_owned(), Json::Number("5.50".to_owned())),
            ("A".to_owned(), Json::List(list)),
            ("b".to_owned(), Json::Object(Vec::new())),
        ];
        assert_eq!(document.value, Json::Object(entries));
    }

    #[test]
    fn comments_trailing_commas_and_loose_spellings_are_mistakes() {
        for text in [
            "{\"a\":1,}",
            "[1,]",
            "// x\n1",
            "{a:1}",
            "01",
            "1.",
            ".5",
            "+1",
            "\"\u{1}\"",
            "\"\\ud800\"",
            "'a'",
            "[1 2]",
            "{\"a\" 1}",
            "1 2",
            "nul",
            "\"a",
            "[",
            "\"\\x\"",
            "\u{feff}1",
        ] {
            assert!(mistake(text).is_some(), "{text}");
        }
        assert!(mistake(&format!("{}{}", "[".repeat(33), "]".repeat(33))).is_some());
        assert_eq!(mistake(&format!("{}{}", "[".repeat(32), "]".repeat(32))), None);
    }

    #[test]
    fn what_came_before_a_mistake_is_kept_and_its_place_is_named() {
        let document = read(r#"{"a":[{"b":1},{"c":x"#);
        assert_eq!(document.mistake.map(|it| it.path).as_deref(), Some("$.a[1].c"));
        let first = Json::Object(vec![("b".to_owned(), Json::Number("1".to_owned()))]);
        let list = Json::List(vec![first, Json::Object(Vec::new())]);
        assert_eq!(document.value, Json::Object(vec![("a".to_owned(), list)]));
    }
}
