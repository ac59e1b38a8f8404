//! Whether two entries of one address are the same person: by the employee number where both have one, else by the name.

use crate::collation;
use crate::ledger::Marks;
use icu_collator::CollatorPreferences;
use serde::Serialize;
use std::collections::BTreeSet;

/// A mark that tells people apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Mark {
    /// The employee number.
    EmployeeNumber,
    /// The name.
    Name,
}

/// What the marks of two entries say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    Same,
    /// Another person, by this mark.
    Differ(Mark),
    /// No mark is known of both.
    NotTold,
}

pub(super) fn compare(old: &Marks, new: &Marks) -> Likeness {
    let verdict = |same: bool, mark: Mark| if same { Likeness::Same } else { Likeness::Differ(mark) };
    if let (Some(old), Some(new)) = (number(old), number(new)) {
        return verdict(old == new, Mark::EmployeeNumber);
    }
    match (words(old), words(new)) {
        (Some(old), Some(new)) => verdict(old == new, Mark::Name),
        _ => Likeness::NotTold,
    }
}

/// What is known of an entry: a mark that says nothing, such as `-`, does not take the place of one that was known. People may write
/// their own names, and would be told from nobody by it.
pub(super) fn last_known(now: Marks, before: Marks) -> Marks {
    let says = |it: &String| it.chars().any(char::is_alphanumeric);
    Marks { number: now.number.filter(says).or(before.number), name: now.name.filter(says).or(before.name) }
}

fn number(marks: &Marks) -> Option<String> {
    marks.number.as_deref().map(str::trim).filter(|it| !it.is_empty()).map(str::to_lowercase)
}

/// The words of a name as keys that know neither case nor accents; None: there is none.
fn words(marks: &Marks) -> Option<BTreeSet<Vec<u8>>> {
    let collator = collation::primary(CollatorPreferences::default());
    let collator = collator.as_borrowed();
    let belongs = |letter: char| {
        letter.is_alphanumeric() || matches!(letter, '\u{300}'..='\u{36f}' | '\u{3099}' | '\u{309a}')
    };
    let words = marks.name.as_deref()?.split(|letter| !belongs(letter)).filter(|it| !it.is_empty());
    let key = |word: &str| {
        let mut key = Vec::new();
        let Ok(()) = collator.write_sort_key_to(word, &mut key);
        key.push(0);
        key.extend(voices(word));
        key
    };
    let words: BTreeSet<Vec<u8>> = words.map(key).collect();
    (!words.is_empty()).then_some(words)
}

/// For each kana of a word what voices it: the collation takes these marks for accents, and they make other letters (`か` and `が`, `は`,
/// `ば` and `ぱ`). Of other scripts nothing.
fn voices(word: &str) -> Vec<u8> {
    const VOICED: u8 = b'v';
    const HALF: u8 = b'h';
    let mut voices = Vec::new();
    for letter in word.chars() {
        // Katakana stand where hiragana do, one block later.
        let kana = match letter {
            '\u{30a1}'..='\u{30f6}' => char::from_u32(u32::from(letter) - 0x60).unwrap_or(letter),
            _ => letter,
        };
        match kana {
            '\u{3099}' | '\u{ff9e}' => voices.iter_mut().next_back().into_iter().for_each(|it| *it = VOICED),
            '\u{309a}' | '\u{ff9f}' => voices.iter_mut().next_back().into_iter().for_each(|it| *it = HALF),
            'が' | 'ぎ' | 'ぐ' | 'げ' | 'ご' | 'ざ' | 'じ' | 'ず' | 'ぜ' | 'ぞ' | 'だ' | 'ぢ' | 'づ'
            | 'で' | 'ど' | 'ば' | 'び' | 'ぶ' | 'べ' | 'ぼ' | 'ゔ' | 'ゞ' | 'ヷ' | 'ヸ' | 'ヹ' | 'ヺ'
            | 'ヾ' => voices.push(VOICED),
            'ぱ' | 'ぴ' | 'ぷ' | 'ぺ' | 'ぽ' => voices.push(HALF),
            '\u{3041}'..='\u{3096}' | 'ゝ' | 'ヽ' | '\u{ff66}'..='\u{ff9d}' => voices.push(b'-'),
            _ => {}
        }
    }
    voices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(number: &str, name: &str) -> Marks {
        let some = |it: &str| (!it.is_empty()).then(|| it.to_owned());
        Marks { number: some(number), name: some(name) }
    }

    #[test]
    fn a_number_of_both_counts_before_the_name() {
        for (old, new, expected) in [
            (("7", "Anna Muster"), ("7", "Anna Beispiel"), Likeness::Same),
            (("7", "Anna Muster"), (" 7 ", ""), Likeness::Same),
            (("E7", ""), ("e7", ""), Likeness::Same),
            (("7", "Anna Muster"), ("8", "Anna Muster"), Likeness::Differ(Mark::EmployeeNumber)),
            (("7", "Anna Muster"), ("", "Anna Muster"), Likeness::Same),
            (("7", "Anna Muster"), ("  ", "Otto Muster"), Likeness::Differ(Mark::Name)),
            (("7", ""), ("", "Anna Muster"), Likeness::NotTold),
            (("", ""), ("", ""), Likeness::NotTold),
            (("", "-"), ("", "-"), Likeness::NotTold),
        ] {
            assert_eq!(compare(&marks(old.0, old.1), &marks(new.0, new.1)), expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn what_says_nothing_does_not_take_the_place_of_what_was_known() {
        let before = || marks("7", "Anna Muster");
        for nothing in [("", ""), (" ", " "), ("-", "-"), ("...", "\u{301}")] {
            assert_eq!(last_known(marks(nothing.0, nothing.1), before()), before(), "{nothing:?}");
        }
        assert_eq!(last_known(marks("8", "Anna Beispiel"), before()), marks("8", "Anna Beispiel"));
    }

    #[test]
    fn a_name_is_a_set_of_words_without_case_accents_order_and_punctuation() {
        for (old, new) in [
            ("Anna Müller", "MULLER, Anna"),
            ("Anna-Lena Groß", "gross anna lena"),
            ("Zoe\u{308} O'Neil", "o’neil Zoë"),
            ("Øyvind Łukasz", "łukasz øyvind"),
            ("Ольга Иванова", "ИВАНОВА ОЛЬГА"),
            ("はせがわ ゆき", "ハセガワ　ユキ"),
            ("ハセガワ", "はせか\u{3099}わ"),
            ("ハセガワ ﾕｷ", "ﾊｾｶﾞﾜ ゆき"),
        ] {
            assert_eq!(compare(&marks("", old), &marks("", new)), Likeness::Same, "{old} {new}");
        }
        for (old, new) in [("Anna Muster", "Anna Musters"), ("Anna Muster", "Anna M"), ("Ан", "An")]
            .into_iter()
            // Marks that make another letter are no accents.
            .chain([("はら", "ばら"), ("バラ", "パラ"), ("ｶｷ", "ｶﾞｷ"), ("か\u{3099}き", "かき"), ("ヴ", "ウ")])
        {
            let differ = Likeness::Differ(Mark::Name);
            assert_eq!(compare(&marks("", old), &marks("", new)), differ, "{old} {new}");
        }
    }
}
