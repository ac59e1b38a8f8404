//! The order of lists that people read: ICU's root collation, numbers by value, case and accents ignored, equal names
//! left as they stand.

use icu_collator::options::{CollatorOptions, Strength};
use icu_collator::preferences::CollationNumericOrdering;
use icu_collator::provider as collation;
use icu_collator::{Collator, CollatorPreferences};
use icu_normalizer::provider as normalization;
use icu_provider::{DataError, DataErrorKind, DataMarker, DataProvider, DataRequest, DataResponse};

/// What tells neither case nor accents apart: ICU's root collation.
pub(crate) fn primary(preferences: CollatorPreferences) -> Collator {
    let mut options = CollatorOptions::default();
    options.strength = Some(Strength::Primary);
    Collator::try_new_unstable(&Root, preferences, options)
        .expect("the root collation is compiled into the program")
}

/// The tables that were compiled into the program, without those of single languages: a megabyte that the root collation does not
/// ask for.
struct Root;

macro_rules! compiled {
    ($($marker:path => $tables:expr),+ $(,)?) => {$(
        impl DataProvider<$marker> for Root {
            fn load(&self, request: DataRequest<'_>) -> Result<DataResponse<$marker>, DataError> {
                $tables.load(request)
            }
        }
    )+};
}

compiled!(
    collation::CollationRootV1 => collation::Baked,
    collation::CollationDiacriticsV1 => collation::Baked,
    collation::CollationJamoV1 => collation::Baked,
    collation::CollationMetadataV1 => collation::Baked,
    collation::CollationSpecialPrimariesV1 => collation::Baked,
    normalization::NormalizerNfdDataV1 => normalization::Baked,
    normalization::NormalizerNfdTablesV1 => normalization::Baked,
);

macro_rules! of_languages {
    ($($marker:path),+) => {$(
        impl DataProvider<$marker> for Root {
            fn load(&self, _: DataRequest<'_>) -> Result<DataResponse<$marker>, DataError> {
                Err(DataErrorKind::IdentifierNotFound.with_marker(<$marker>::INFO))
            }
        }
    )+};
}

of_languages!(collation::CollationTailoringV1, collation::CollationReorderingV1);

/// The positions of `names` in reading order.
pub fn reading_order<'a>(names: impl Iterator<Item = &'a str>) -> Vec<u32> {
    let mut preferences = CollatorPreferences::default();
    preferences.numeric_ordering = Some(CollationNumericOrdering::True);
    let collator = primary(preferences);
    let collator = collator.as_borrowed();
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
