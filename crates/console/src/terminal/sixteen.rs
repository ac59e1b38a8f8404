//! The sixteen colors in the words that every terminal knows.
//!
//! The library asks for the color 3 by `38;5;3`, the way to one of 256. A terminal that has sixteen may read that as 38 (unknown),
//! 5 (blink) and 3 (italic), so that it is said as `33` here.

use std::io::{self, Write};

/// No control sequence that we rewrite is longer, in bytes.
const LONGEST: usize = 64;

/// A terminal to which colors are written so.
pub(super) struct Sixteen<W> {
    terminal: W,
    /// A control sequence that is not whole yet.
    open: Vec<u8>,
}

impl<W: Write> Sixteen<W> {
    pub(super) fn new(terminal: W) -> Self {
        Self { terminal, open: Vec::new() }
    }

    fn take(&mut self, byte: u8, out: &mut Vec<u8>) {
        match (self.open.len(), byte) {
            (0, 0x1b) => self.open.push(byte),
            (0, _) => out.push(byte),
            (1, b'[') => self.open.push(byte),
            (1, _) => self.give(byte, out),
            // Parameters go on until a letter ends the sequence.
            (length, 0x20..=0x3f) if length < LONGEST => self.open.push(byte),
            _ => self.give(byte, out),
        }
    }

    /// The sequence with its last byte.
    fn give(&mut self, last: u8, out: &mut Vec<u8>) {
        let parameters = self.open.get(2..).unwrap_or_default();
        match std::str::from_utf8(parameters).ok().filter(|_| last == b'm').and_then(plain) {
            Some(parameters) => {
                out.extend_from_slice(b"\x1b[");
                out.extend_from_slice(parameters.as_bytes());
            }
            None => out.extend_from_slice(&self.open),
        }
        out.push(last);
        self.open.clear();
    }
}

/// The parameters with each of the sixteen colors in its own word; None: there is none among them.
fn plain(parameters: &str) -> Option<String> {
    let parts: Vec<&str> = parameters.split(';').collect();
    let (mut words, mut is_other, mut at) = (Vec::new(), false, 0);
    while let Some(part) = parts.get(at) {
        let color = parts
            .get(at + 2)
            .filter(|_| parts.get(at + 1) == Some(&"5"))
            .and_then(|it| it.parse::<u8>().ok());
        match (*part, color) {
            ("38" | "48", Some(color @ 0..16)) => {
                let ground = if *part == "38" { 30 } else { 40 };
                let word = if color < 8 { ground + color } else { ground + 60 + color - 8 };
                words.push(word.to_string());
                is_other = true;
                at += 3;
            }
            // A color that is none of them takes its parameters with it.
            ("38" | "48" | "58", _) => {
                let length = if parts.get(at + 1) == Some(&"2") { 5 } else { 3 };
                words.extend(parts.iter().skip(at).take(length).map(|it| (*it).to_owned()));
                at += length;
            }
            (other, _) => {
                words.push(other.to_owned());
                at += 1;
            }
        }
    }
    is_other.then(|| words.join(";"))
}

impl<W: Write> Write for Sixteen<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut out = Vec::with_capacity(bytes.len());
        bytes.iter().for_each(|byte| self.take(*byte, &mut out));
        self.terminal.write_all(&out)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.terminal.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(parts: &[&str]) -> String {
        let mut terminal = Sixteen::new(Vec::new());
        for part in parts {
            terminal.write_all(part.as_bytes()).expect("a vector takes it");
        }
        String::from_utf8(terminal.terminal).expect("UTF-8")
    }

    #[test]
    fn one_of_sixteen_colors_is_said_as_every_terminal_knows_it() {
        assert_eq!(written(&["\x1b[38;5;3mjürgen\x1b[39m"]), "\x1b[33mjürgen\x1b[39m");
        assert_eq!(written(&["\x1b[38;5;9m\x1b[48;5;4m"]), "\x1b[91m\x1b[44m");
        assert_eq!(written(&["\x1b[38;5;3;49m\x1b[1;38;5;1;48;5;12m"]), "\x1b[33;49m\x1b[1;31;104m");
        assert_eq!(written(&["\x1b[38", ";5;", "2", "mx"]), "\x1b[32mx", "also where it comes in parts");
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for text in [
            "\x1b[38;5;200m",
            "\x1b[1;7m",
            "\x1b[?1049h",
            "\x1b[2J",
            "\x1b]0;title\x07",
            "山田 \x1bM",
            "\x1b[39m",
        ] {
            assert_eq!(written(&[text]), text, "{text:?}");
        }
    }
}
