//! Sentences by key, with named arguments, so that a catalogue can replace the English without touching a caller.
//!
//! [`text!`](crate::text) holds a key, the English and the arguments in one place, beside the data that they word. The
//! compiler checks that the English names exactly the arguments that are given; a catalogue of another language is checked
//! by nobody, so whatever it lacks is said in English.
//!
//! A template names an argument as `{name}`. `{count:member/members}` is a number with the word that goes with it, and
//! `{count|has/have}` the word alone. Braces that are meant are doubled.

use crate::foreign::in_one_line;
use std::collections::HashMap;
use std::sync::OnceLock;

/// What a sentence says about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument<'a> {
    /// A number, which decides between forms of a word.
    Number(i64),
    /// A name, an address, a part that was worded before.
    Text(&'a str),
}

/// Values that a sentence can be given.
pub trait AsArgument {
    /// The value as an argument.
    fn argument(&self) -> Argument<'_>;
}

impl<T: AsArgument + ?Sized> AsArgument for &T {
    fn argument(&self) -> Argument<'_> {
        (**self).argument()
    }
}

impl AsArgument for str {
    fn argument(&self) -> Argument<'_> {
        Argument::Text(self)
    }
}

impl AsArgument for String {
    fn argument(&self) -> Argument<'_> {
        Argument::Text(self)
    }
}

impl AsArgument for Box<str> {
    fn argument(&self) -> Argument<'_> {
        Argument::Text(self)
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl AsArgument for $number {
            fn argument(&self) -> Argument<'_> {
                Argument::Number(i64::try_from(*self).unwrap_or(i64::MAX))
            }
        }
    )*};
}

numbers!(u8 u16 u32 u64 usize i32 i64);

/// The sentences of one language.
#[derive(Debug)]
pub struct Catalogue {
    texts: HashMap<String, String>,
    form: fn(u64) -> usize,
}

static IN_USE: OnceLock<Catalogue> = OnceLock::new();

impl Catalogue {
    /// A language's templates by key. `form` says which of a word's forms goes with a number, from 0.
    pub fn new(texts: impl IntoIterator<Item = (String, String)>, form: fn(u64) -> usize) -> Self {
        Self { texts: texts.into_iter().collect(), form }
    }

    /// Lets this process speak the language from now on. A process speaks one: the first call counts.
    pub fn speak(self) {
        // A second language would be mixed with the first.
        let _ = IN_USE.set(self);
    }
}

/// The text of a key: as the catalogue in use has it, else the English.
#[doc(hidden)]
pub fn render(key: &str, english: &str, arguments: &[(&str, Argument<'_>)]) -> String {
    let translated = IN_USE.get().and_then(|it| Some((it.texts.get(key)?.as_str(), it.form)));
    let (template, form) = translated.unwrap_or((english, |number| usize::from(number != 1)));
    fill(template, arguments, form)
}

fn fill(template: &str, arguments: &[(&str, Argument<'_>)], form: fn(u64) -> usize) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let (brace, after) = rest[at..].split_at(1);
        if after.starts_with(brace) {
            text.push_str(brace);
            rest = &after[1..];
            continue;
        }
        let (place, after) = after.split_once('}').unwrap_or((after, ""));
        let end = place.find([':', '|']).unwrap_or(place.len());
        let words = place.get(end + 1..);
        let found = arguments.iter().find(|(name, _)| *name == &place[..end]).map(|(_, value)| *value);
        match (found, words) {
            // A name that ends a line would begin one that looks like ours.
            (Some(Argument::Text(value)), _) => text.push_str(&in_one_line(value)),
            (Some(Argument::Number(number)), None) => text.push_str(&number.to_string()),
            (Some(Argument::Number(number)), Some(words)) => {
                let alone = place[end..].starts_with('|');
                if !alone {
                    text.push_str(&format!("{number} "));
                }
                let forms: Vec<&str> = words.split('/').collect();
                let chosen = forms.get(form(number.unsigned_abs())).or(forms.last());
                text.push_str(chosen.copied().unwrap_or_default());
            }
            (None, _) => text.push_str(place),
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

/// Whether a template names all of these arguments, and no others. For the compiler.
#[doc(hidden)]
pub const fn fits(template: &str, names: &[&str]) -> bool {
    let bytes = template.as_bytes();
    let mut number = 0;
    while number < names.len() {
        if count(bytes, Some(names[number].as_bytes())) == 0 {
            return false;
        }
        number += 1;
    }
    let (mut named, mut number) = (0, 0);
    while number < names.len() {
        named += count(bytes, Some(names[number].as_bytes()));
        number += 1;
    }
    named == count(bytes, None)
}

/// How often a template names an argument, or any.
const fn count(template: &[u8], name: Option<&[u8]>) -> usize {
    let (mut at, mut found) = (0, 0);
    while at < template.len() {
        if template[at] != b'{' {
            at += 1;
        } else if at + 1 < template.len() && template[at + 1] == b'{' {
            at += 2;
        } else {
            at += 1;
            found += match name {
                None => 1,
                Some(name) if begins(template, at, name) => 1,
                Some(_) => 0,
            };
        }
    }
    found
}

const fn begins(template: &[u8], at: usize, name: &[u8]) -> bool {
    let mut offset = 0;
    while offset < name.len() {
        if at + offset >= template.len() || template[at + offset] != name[offset] {
            return false;
        }
        offset += 1;
    }
    at + offset < template.len() && matches!(template[at + offset], b'}' | b':' | b'|')
}

/// A sentence: its key, the English, and the arguments that it names.
///
/// ```
/// use bwdc_messages::text;
/// let members = 2;
/// assert_eq!(text!("doc.found", "Found {members:member/members} of `{group}`.", members, group = "Staff"),
///     "Found 2 members of `Staff`.");
/// ```
///
/// An argument that is missing, or that the English does not name, does not compile:
///
/// ```compile_fail
/// bwdc_messages::text!("doc.missing", "Found {members}.");
/// ```
#[macro_export]
macro_rules! text {
    ($key:literal, $english:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {{
        const { assert!($crate::catalogue::fits($english, &[$(stringify!($name)),*]), "the English names other arguments") };
        $crate::catalogue::render($key, $english, &[$((stringify!($name), $crate::argument!($name $(= $value)?))),*])
    }};
}

/// One argument of [`text!`].
#[doc(hidden)]
#[macro_export]
macro_rules! argument {
    ($name:ident) => {
        $crate::catalogue::AsArgument::argument(&$name)
    };
    ($name:ident = $value:expr) => {
        $crate::catalogue::AsArgument::argument(&$value)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_chooses_the_form_of_its_word() {
        for (lost, said) in [(0, "0 members lose"), (1, "1 member loses"), (2, "2 members lose")] {
            assert_eq!(text!("test.lose", "{lost:member/members} {lost|loses/lose}", lost), said);
        }
    }

    #[test]
    fn what_is_put_in_is_not_read_as_a_template() {
        assert_eq!(text!("test.name", "`{name}` is {{here}}", name = "{name} {{"), "`{name} {{` is {here}");
    }

    #[test]
    fn a_template_fits_the_arguments_that_it_names() {
        assert!(fits("{a} and {b:x/y} and {{c}} and {a}", &["a", "b"]));
        assert!(!fits("{a} and {ab}", &["a"]));
        assert!(!fits("{a}", &["a", "b"]));
        assert!(!fits("{a", &["a"]));
    }
}
