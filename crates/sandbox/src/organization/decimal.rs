//! Numbers as the official server writes them out: as decimals of at most 96 bits and 28 places.

/// The largest whole part: 2 to the 96th, less one.
const LARGEST: u128 = (1 << 96) - 1;
const MOST_PLACES: i64 = 28;

/// Writes a JSON number as a decimal; `None` where it is too large for one.
pub(crate) fn decimal(number: &str) -> Option<String> {
    let (sign, rest) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let exponent: i64 =
        exponent.parse().unwrap_or(if exponent.starts_with('-') { -100_000 } else { 100_000 });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let mut digits = digits.trim_start_matches('0').to_owned();
    let mut places = i64::try_from(fraction.len()).unwrap_or(i64::MAX).saturating_sub(exponent);
    if places < 0 {
        let missing = usize::try_from(-places).unwrap_or(usize::MAX);
        if !digits.is_empty() {
            if missing > 40 {
                return None;
            }
            digits.push_str(&"0".repeat(missing));
        }
        places = 0;
    }
    while places > 0 && (places > MOST_PLACES || value(&digits).is_none()) {
        digits = shortened(&digits);
        places -= 1;
    }
    let value = value(&digits)?;
    let places = usize::try_from(places).ok()?;
    let padded = format!("{value:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places);
    let sign = if value == 0 { "" } else { sign };
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

fn value(digits: &str) -> Option<u128> {
    if digits.is_empty() {
        return Some(0);
    }
    digits.parse::<u128>().ok().filter(|value| *value <= LARGEST)
}

/// Takes the last digit away and rounds, up from the middle where the digit before is odd.
fn shortened(digits: &str) -> String {
    let Some(last) = digits.bytes().last() else { return String::new() };
    let kept = &digits[..digits.len() - 1];
    let is_odd = kept.bytes().last().is_some_and(|it| it % 2 == 1);
    if last > b'5' || (last == b'5' && is_odd) { added_one(kept) } else { kept.to_owned() }
}

fn added_one(digits: &str) -> String {
    let kept = digits.trim_end_matches('9');
    let zeros = "0".repeat(digits.len() - kept.len());
    match kept.bytes().last() {
        None => format!("1{zeros}"),
        Some(last) => format!("{}{}{zeros}", &kept[..kept.len() - 1], char::from(last + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_places() {
        for (number, written) in [
            ("5", "5"),
            ("5.50", "5.50"),
            ("1e2", "100"),
            ("1.5E+1", "15"),
            ("1.50e1", "15.0"),
            ("25e-4", "0.0025"),
            ("-1.5", "-1.5"),
            ("-0", "0"),
            ("0.0", "0.0"),
            ("79228162514264337593543950335", "79228162514264337593543950335"),
            ("1e-30", "0.0000000000000000000000000000"),
            ("0.99999999999999999999999999999", "1.0000000000000000000000000000"),
        ] {
            assert_eq!(decimal(number).as_deref(), Some(written), "{number}");
        }
    }

    #[test]
    fn numbers_beyond_96_bits_are_none() {
        assert_eq!(decimal("79228162514264337593543950336"), None);
        assert_eq!(decimal("1e29"), None);
        assert_eq!(decimal("1e999999999999999999999"), None);
        assert_eq!(decimal("0e99").as_deref(), Some("0"));
    }
}
