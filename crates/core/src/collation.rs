//! The order of lists that people read: ICU's root collation, numbers by value, case and accents ignored, equal names
//! left as they stand.

use icu_collator::CollatorBorrowed;
use icu_collator::CollatorPreferences;
use icu_collator::options::{CollatorOptions, Strength};
use icu_collator::preferences::CollationNumericOrdering;

/// The positions of `names` in reading order.
pub fn reading_order<'a>(names: impl Iterator<Item = &'a str>) -> Vec<u32> {
    let mut preferences = CollatorPreferences::default();
    preferences.numeric_ordering = Some(CollationNumericOrdering::True);
    let mut options = CollatorOptions::default();
    options.strength = Some(Strength::Primary);
    let collator = CollatorBorrowed::try_new(preferences, options)
        .expect("the root collation is compiled into the program");
    let mut keys: Vec<u8> = Vec::new();
    let mut ends: Vec<u32> = Vec::new();
    for name in names {
        let Ok(()) = collator.write_sort_key_to(name, &mut keys);
        ends.push(u32::try_from(keys.len()).expect("less than 4 GiB of sort keys"));
    }
    let key = |number: u32| {
        let number = number as usize;
        let start = if number == 0 { 0 } else { ends[number - 1] as usize };
        &keys[start..ends[number] as usize]
    };
    // The first bytes decide most comparisons without a look at the key.
    let mut order: Vec<(u64, u32)> =
        (0u32..).take(ends.len()).map(|number| (beginning(key(number)), number)).collect();
    order.sort_by(|&(left_beginning, left), &(right_beginning, right)| {
        left_beginning.cmp(&right_beginning).then_with(|| key(left).cmp(key(right)))
    });
    order.into_iter().map(|(_, number)| number).collect()
}

/// The first eight bytes as a number that compares as they do; a shorter key counts as followed by zeros, the least byte.
fn beginning(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let length = key.len().min(8);
    bytes[..length].copy_from_slice(&key[..length]);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_by_value_and_case_and_accents_do_not() {
        let names = ["user10", "école", "User9", "ecole", "Zoë", "_x", "user2", "École b", "日本"];
        let sorted: Vec<&str> =
            reading_order(names.into_iter()).into_iter().map(|number| names[number as usize]).collect();
        assert_eq!(sorted, ["_x", "école", "ecole", "École b", "user2", "User9", "user10", "Zoë", "日本"]);
    }
}
