//! Single values that need reading: texts, object ids and account flags.

use std::borrow::Cow;

/// The text of an `objectGUID` (16 bytes, the first three fields little-endian), in lower case.
pub(super) fn guid_text(bytes: &[u8]) -> Option<String> {
    let bytes: [u8; 16] = bytes.try_into().ok()?;
    Some(uuid::Uuid::from_bytes_le(bytes).hyphenated().to_string())
}

/// The bytes of an `objectGUID` from its hyphenated text.
pub(super) fn guid_bytes(text: &str) -> Option<[u8; 16]> {
    (text.len() == 36).then(|| uuid::Uuid::try_parse(text).ok()).flatten().map(|guid| guid.to_bytes_le())
}

/// The text of 16 bytes in the order in which they come (eDirectory's `GUID`), in lower case.
pub(super) fn octets_text(bytes: &[u8]) -> Option<String> {
    let bytes: [u8; 16] = bytes.try_into().ok()?;
    Some(uuid::Uuid::from_bytes(bytes).hyphenated().to_string())
}

/// The bytes behind [`octets_text`].
pub(super) fn octets(text: &str) -> Option<[u8; 16]> {
    uuid::Uuid::try_parse(text).ok().map(uuid::Uuid::into_bytes)
}

/// The text of a value; what is no UTF-8 is replaced.
pub(super) fn text(value: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(value).map_or_else(|_| String::from_utf8_lossy(value), Cow::Borrowed)
}

/// The attribute in which Exchange keeps all addresses of a person.
pub(super) const PROXY_ADDRESSES: &str = "proxyAddresses";

/// The address that a person sends from: the one after `SMTP:`, else the first after `smtp:` or without a kind.
///
/// Other kinds (`X500:`, `sip:`) are no addresses of mail.
pub(super) fn primary_address<'v>(values: impl Iterator<Item = &'v [u8]>) -> Option<&'v [u8]> {
    let mut other = None;
    for value in values {
        match value.iter().position(|&byte| byte == b':').map(|at| value.split_at(at + 1)) {
            Some((b"SMTP:", address)) => return Some(address),
            Some((kind, address)) if kind.eq_ignore_ascii_case(b"smtp:") => other = other.or(Some(address)),
            Some(_) => {}
            None => other = other.or(Some(value)),
        }
    }
    other
}

/// Whether `accountExpires`, in intervals of 100 ns since 1601, lies before `now`; 0 and the largest value mean never.
pub(super) fn has_expired(expires: &str, now: u64) -> bool {
    const NEVER: [u64; 2] = [0, i64::MAX as u64];
    let end = expires.trim().parse::<u64>().unwrap_or(0);
    !NEVER.contains(&end) && end <= now
}

/// Whether `userAccountControl` says that the account is disabled.
///
/// The value is read as JavaScript's `parseInt` reads it, as today's connector does: blanks and a sign before it, `0x`
/// for hexadecimal, anything behind the digits ignored; a text without digits disables nobody.
pub(super) fn is_disabled(control: &str) -> bool {
    const ACCOUNT_DISABLE: u32 = 2;
    low_bits(control).is_some_and(|bits| bits & ACCOUNT_DISABLE != 0)
}

/// The low 32 bits of what `parseInt` returns, as the bit operators of JavaScript see them.
fn low_bits(text: &str) -> Option<u32> {
    let text =
        text.trim_start_matches(|character: char| character.is_whitespace() || character == '\u{feff}');
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, text) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(rest) => (16, rest),
        None => (10, text),
    };
    let mut digits = text.chars().map_while(|character| character.to_digit(radix)).peekable();
    digits.peek()?;
    let value = digits.fold(0_u32, |value, digit| value.wrapping_mul(radix).wrapping_add(digit));
    Some(if negative { value.wrapping_neg() } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_guid_has_three_little_endian_fields() {
        let bytes: Vec<u8> = (0..16).collect();
        assert_eq!(guid_text(&bytes).as_deref(), Some("03020100-0504-0706-0809-0a0b0c0d0e0f"));
        assert_eq!(guid_text(&bytes[1..]), None);
        assert_eq!(
            guid_bytes("03020100-0504-0706-0809-0A0B0C0D0E0F").as_ref().map(<[u8; 16]>::as_slice),
            Some(&bytes[..])
        );
        assert_eq!(guid_bytes("cn=a"), None);
        assert_eq!(guid_bytes("03020100050407060809-0a0b0c0d0e0f0000"), None);
    }

    #[test]
    fn account_flags_are_read_as_javascript_reads_them() {
        for (control, bits) in [
            ("512", Some(512)),
            ("514", Some(514)),
            ("  66050", Some(66050)),
            ("0x2", Some(2)),
            ("0XfF zz", Some(255)),
            ("0x", None),
            ("514 since May", Some(514)),
            ("+2", Some(2)),
            ("-2", Some(u32::MAX - 1)),
            ("- 2", None),
            ("2.9", Some(2)),
            ("none", None),
            ("", None),
        ] {
            assert_eq!(low_bits(control), bits, "{control:?}");
        }
        assert!(is_disabled("514") && is_disabled("0x2") && is_disabled("-2"));
        assert!(!is_disabled("512") && !is_disabled("none"));
    }

    #[test]
    fn the_primary_address_goes_before_the_others() {
        let primary = |values: &[&'static str]| {
            primary_address(values.iter().map(|it| it.as_bytes()))
                .map(|it| std::str::from_utf8(it).expect("UTF-8"))
        };
        assert_eq!(primary(&["smtp:b@x.test", "X500:/o=x", "SMTP:a@x.test"]), Some("a@x.test"));
        assert_eq!(primary(&["sip:c@x.test", "smtp:b@x.test", "Smtp:d@x.test"]), Some("b@x.test"));
        assert_eq!(primary(&["plain@x.test"]), Some("plain@x.test"));
        assert_eq!(primary(&["sip:c@x.test"]), None);
    }

    #[test]
    fn sixteen_bytes_are_spelled_in_their_order() {
        let bytes: Vec<u8> = (0..16).collect();
        let spelled = octets_text(&bytes).expect("16 bytes");
        assert_eq!(spelled, "00010203-0405-0607-0809-0a0b0c0d0e0f");
        assert_eq!(octets(&spelled).as_ref().map(<[u8; 16]>::as_slice), Some(&bytes[..]));
        assert_eq!(octets_text(&bytes[1..]), None);
    }

    proptest! {
        #[test]
        fn guids_survive_the_way_there_and_back(bytes: [u8; 16]) {
            prop_assert_eq!(guid_text(&bytes).as_deref().and_then(guid_bytes), Some(bytes));
        }

        #[test]
        fn numbers_are_read_as_they_are(number: u32, tail in "[^0-9]?") {
            prop_assert_eq!(low_bits(&format!("{number}{tail}")), Some(number));
        }
    }
}
