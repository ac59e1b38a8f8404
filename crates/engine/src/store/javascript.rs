//! JSON as JavaScript's `JSON.stringify(value, null, 2)` writes it, so that either connector leaves the other's file
//! untouched where nothing changed.

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};
use serde_json::{Map, Value};
use std::io::{self, Write};

/// The bytes of an object: two spaces, keys in their order, no newline at the end.
pub(super) fn stringify(object: &Map<String, Value>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut serializer =
        serde_json::Serializer::with_formatter(&mut bytes, JavaScript(PrettyFormatter::new()));
    object.serialize(&mut serializer).expect("a JSON value has string keys and memory takes every write");
    bytes
}

struct JavaScript<'a>(PrettyFormatter<'a>);

macro_rules! as_pretty {
    ($($method:ident($($argument:ident: $kind:ty),*));* $(;)?) => {
        $(fn $method<W: ?Sized + Write>(&mut self, writer: &mut W $(, $argument: $kind)*) -> io::Result<()> {
            self.0.$method(writer $(, $argument)*)
        })*
    };
}

impl Formatter for JavaScript<'_> {
    as_pretty! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        begin_object_value();
        end_object_value();
    }

    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(number(value).as_bytes())
    }
}

/// A finite number as ECMA-262 `Number::toString` spells it.
fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let shortest = format!("{:e}", value.abs());
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    let at = |place: i32| usize::try_from(place).unwrap_or(0);
    let unsigned = match point {
        _ if !(-5..=21).contains(&point) => {
            let (head, tail) = digits.split_at(1);
            let point_and_tail = if tail.is_empty() { String::new() } else { format!(".{tail}") };
            format!("{head}{point_and_tail}e{:+}", point - 1)
        }
        _ if point >= count => format!("{digits}{}", zeros(point - count)),
        _ if point > 0 => format!("{}.{}", &digits[..at(point)], &digits[at(point)..]),
        _ => format!("0.{}{digits}", zeros(-point)),
    };
    if value < 0.0 { format!("-{unsigned}") } else { unsigned }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_spelled_as_javascript_spells_them() {
        for (value, spelled) in [
            (1.0, "1"),
            (-0.0, "0"),
            (0.5, "0.5"),
            (-12.25, "-12.25"),
            (100.0, "100"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (0.000_001, "0.000001"),
            (1e-7, "1e-7"),
            (1.25e-9, "1.25e-9"),
            (123_456.789, "123456.789"),
        ] {
            assert_eq!(number(value), spelled);
        }
    }

    #[test]
    fn the_layout_is_that_of_stringify() {
        let value =
            json!({"b": {}, "a": [], "n": null, "list": [1, {"x": true}], "text": "\u{7}\n\"\\é\u{7f}/"});
        let expected = "{\n  \"b\": {},\n  \"a\": [],\n  \"n\": null,\n  \"list\": [\n    1,\n    {\n      \"x\": true\n    }\n  ],\n  \"text\": \"\\u0007\\n\\\"\\\\é\u{7f}/\"\n}";
        let object = value.as_object().expect("an object");
        assert_eq!(String::from_utf8(stringify(object)).expect("UTF-8"), expected);
    }
}
