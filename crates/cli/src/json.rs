//! JSON as this program prints it: what a terminal would obey, or nobody would see, stands as its number. That is the same JSON:
//! a program that reads it gets the truth.

use bwdc_messages::foreign::is_obeyed;
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};
use std::io::{self, Write};

/// Prints a value in one line, or over several.
pub(crate) fn write<T: Serialize + ?Sized>(out: &mut impl Write, value: &T, pretty: bool) -> io::Result<()> {
    let written = if pretty {
        value.serialize(&mut Serializer::with_formatter(out, Fit(PrettyFormatter::new())))
    } else {
        value.serialize(&mut Serializer::with_formatter(out, Fit(CompactFormatter)))
    };
    written.map_err(io::Error::from)
}

struct Fit<F>(F);

/// Everything but text is the other formatter's.
macro_rules! as_before {
    ($($name:ident($($argument:ident: $kind:ty)?))*) => {$(
        fn $name<W: ?Sized + Write>(&mut self, writer: &mut W $(, $argument: $kind)?) -> io::Result<()> {
            self.0.$name(writer $(, $argument)?)
        }
    )*};
}

impl<F: Formatter> Formatter for Fit<F> {
    as_before! {
        begin_array()
        end_array()
        begin_array_value(first: bool)
        end_array_value()
        begin_object()
        end_object()
        begin_object_key(first: bool)
        end_object_key()
        begin_object_value()
        end_object_value()
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some(place) = rest.find(is_obeyed) {
            let (before, strange) = rest.split_at(place);
            writer.write_all(before.as_bytes())?;
            let character = strange.chars().next().unwrap_or_default();
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &strange[character.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn what_a_terminal_obeys_is_a_number_and_the_json_stays_the_same() {
        let value = json!({ "n\u{9b}": ["a\u{202e}b", "J\u{fc}rgen", "\u{1b}[2J", "\u{e0041}", 1], "o": {}, "l": [] });
        let printed = |pretty| {
            let mut out = Vec::new();
            write(&mut out, &value, pretty).expect("memory");
            String::from_utf8(out).expect("text")
        };
        assert_eq!(
            printed(false),
            "{\"n\\u009b\":[\"a\\u202eb\",\"J\u{fc}rgen\",\"\\u001b[2J\",\"\\udb40\\udc41\",1],\"o\":{},\"l\":[]}"
        );
        let read: Value = serde_json::from_str(&printed(true)).expect("JSON");
        assert_eq!(read, value);
        let plain = json!({ "a": [1, { "b": "c" }], "d": [] });
        let mut out = Vec::new();
        write(&mut out, &plain, true).expect("memory");
        assert_eq!(out, serde_json::to_vec_pretty(&plain).expect("JSON"));
    }
}
