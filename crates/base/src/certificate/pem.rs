//! Files in PEM form as they are met: with the byte order mark that editors and PowerShell put before a text, in UTF-16, or
//! with OpenSSL's `TRUSTED CERTIFICATE`.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::{Error, PemObject as _};
use std::borrow::Cow;

const TRUSTED: &str = "TRUSTED CERTIFICATE-----";

/// The text without byte order marks, in UTF-8 also where it was in UTF-16.
pub fn plain_text(bytes: &[u8]) -> Cow<'_, [u8]> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.chunks_exact(2).map(|it| unit([it[0], it[1]])).collect();
        Cow::Owned(String::from_utf16_lossy(&units).into_bytes())
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        // Files that were put together have one before each part.
        bytes => match std::str::from_utf8(bytes) {
            Ok(text) if text.contains('\u{feff}') => Cow::Owned(text.replace('\u{feff}', "").into_bytes()),
            _ => Cow::Borrowed(bytes),
        },
    }
}

/// The certificates of a text in PEM form, in their order.
///
/// # Errors
/// What is wrong with the first that is damaged.
pub fn certificates_of_pem(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let text = plain_text(bytes);
    let trusted = String::from_utf8_lossy(&text).contains(TRUSTED);
    if !trusted {
        return CertificateDer::pem_slice_iter(&text).collect();
    }
    let text = String::from_utf8_lossy(&text).replace(TRUSTED, "CERTIFICATE-----");
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    Ok(found?.iter().map(|it| CertificateDer::from(first_element(it).to_vec())).collect())
}

/// What OpenSSL trusts a certificate for stands behind it, in an element of its own.
fn first_element(der: &[u8]) -> &[u8] {
    let length = match der {
        [_, short, ..] if *short < 0x80 => Some(2 + usize::from(*short)),
        [_, long, rest @ ..] => {
            let count = usize::from(*long & 0x7f);
            let number = rest.get(..count).filter(|_| (1..=4).contains(&count));
            number.map(|it| 2 + count + it.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
        }
        _ => None,
    };
    length.and_then(|length| der.get(..length)).unwrap_or(der)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "-----BEGIN CERTIFICATE-----\nMAMCAQU=\n-----END CERTIFICATE-----\n";

    #[test]
    fn a_mark_utf_16_and_openssl_s_own_label_hide_no_certificate() {
        let expected = CertificateDer::from(vec![0x30, 3, 2, 1, 5]);
        let marked = format!("\u{feff}{PLAIN}");
        let joined = format!("\u{feff}{PLAIN}\u{feff}{PLAIN}");
        // Behind the certificate stands an element that says what it is trusted for: 0x30 0x00.
        let trusted =
            "-----BEGIN TRUSTED CERTIFICATE-----\nMAMCAQUwAA==\n-----END TRUSTED CERTIFICATE-----\n";
        let wide: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, count) in [
            (PLAIN.as_bytes(), 1),
            (marked.as_bytes(), 1),
            (joined.as_bytes(), 2),
            (trusted.as_bytes(), 1),
            (&wide, 1),
        ] {
            let found = certificates_of_pem(bytes).expect("certificates");
            assert_eq!(found, vec![expected.clone(); count]);
        }
    }
}
