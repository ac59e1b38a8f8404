//! Each code by which an error is told has its line on the page that the error names.

use std::path::Path;

fn file(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join(path)).expect("a file of the project")
}

/// The rules of a source, without its tests.
fn rules(path: &str) -> String {
    let source = file(path);
    source.split("#[cfg(test)]").next().unwrap_or_default().to_owned()
}

/// The literals of a source that look like codes.
fn codes(source: &str, is_code: impl Fn(&str) -> bool) -> Vec<String> {
    let literals = source.split('"').skip(1).step_by(2);
    let codes: Vec<String> = literals.filter(|it| is_code(it)).map(str::to_owned).collect();
    assert!(codes.len() > 4, "these are no codes: {codes:?}");
    codes
}

/// The codes of a table's first column, with those between two of which it says `to`.
fn listed(page: &str) -> Vec<String> {
    let mut listed = Vec::new();
    for row in page.lines().filter(|it| it.starts_with("| ")) {
        let first = row.split(" | ").next().unwrap_or_default().replace("AADSTS", " ");
        let words: Vec<&str> =
            first.split([' ', ',', ';', '`', '(', ')', '|']).filter(|it| !it.is_empty()).collect();
        for (place, word) in words.iter().enumerate() {
            listed.push((*word).to_owned());
            let before = place.checked_sub(1).map(|it| words[it]);
            let (Some("to"), Some(from)) = (before, place.checked_sub(2).map(|it| words[it])) else {
                continue;
            };
            if let (Ok(from), Ok(to)) = (from.parse::<u32>(), word.parse::<u32>()) {
                listed.extend((from..to).map(|it| it.to_string()));
            }
        }
    }
    listed
}

#[test]
fn each_number_of_entra_id_is_on_its_page() {
    let page = listed(&file("docs/errors/entra.md"));
    let is_number = |it: &str| it.len() >= 5 && it.chars().all(|it| it.is_ascii_digit());
    for code in codes(&rules("crates/directory/src/entra/cause.rs"), is_number) {
        assert!(page.contains(&code), "AADSTS{code} is not in docs/errors/entra.md");
    }
}

#[test]
fn each_code_of_okta_and_each_reason_of_google_is_on_its_page() {
    let is_code = |it: &str| it.starts_with("E00") && it.len() == 8;
    let page = file("docs/errors/okta.md");
    for code in codes(&rules("crates/directory/src/okta/cause.rs"), is_code) {
        assert!(page.contains(&code), "{code} is not in docs/errors/okta.md");
    }
    let page = file("docs/errors/google.md").to_lowercase();
    let is_reason = |it: &str| it.len() > 8 && it.chars().all(|it| it.is_ascii_alphabetic() || it == '_');
    let of_quota = ["userratelimitexceeded", "ratelimitexceeded", "rate_limit_exceeded"];
    let in_general = ["invalid_scope", "invalid_request"];
    for code in codes(&rules("crates/directory/src/google/cause.rs"), is_reason) {
        let code = code.to_lowercase();
        let known = of_quota.contains(&code.as_str()) && page.contains("`quotaexceeded` and the like");
        assert!(
            page.contains(&code) || known || in_general.contains(&code.as_str()),
            "{code} is not in docs/errors/google.md"
        );
    }
}

#[test]
fn each_result_code_and_data_code_of_ldap_is_on_its_page() {
    let page = listed(&file("docs/errors/ldap.md"));
    let source = file("crates/directory/src/ldap/cause.rs");
    let tests = source.split("#[cfg(test)]").nth(1).expect("tests with each code");
    // The tests list each code that the rules know, with the cause that it stands for.
    let mut codes: Vec<&str> = Vec::new();
    for line in
        tests.lines().map(str::trim).filter(|it| it.contains("Cause::") && !it.contains("Cause::Other"))
    {
        let Some(rest) = line.strip_prefix('(') else { continue };
        let code = rest.split(',').next().unwrap_or_default().trim_matches('"');
        if code.chars().all(|it| it.is_ascii_hexdigit()) && code != "5301" {
            codes.push(code);
        }
    }
    assert!(codes.len() > 40, "{codes:?}");
    for code in codes {
        assert!(page.iter().any(|it| it == code), "{code} is not in docs/errors/ldap.md");
    }
}

#[test]
fn each_verdict_about_a_certificate_is_on_its_page() {
    let page = file("docs/errors/certificates.md");
    for verdict in [
        "UnknownIssuer",
        "BadSignature",
        "no names",
        "Expired",
        "NotValidYet",
        "Revoked",
        "UnsupportedSignatureAlgorithm",
        "InvalidPurpose",
        "EkuError",
        "CaUsedAsEndEntity",
        "EndEntityUsedAsCa",
        "NameConstraintViolation",
        "PathLenConstraintViolated",
        "MaximumPathDepthExceeded",
        "UnsupportedCertVersion",
        "UnsupportedCriticalExtension",
        "MalformedExtensions",
        "UnhandledCriticalExtension",
        "CertificateRequired",
        "CertificateExpired",
        "HandshakeFailure",
        "ProtocolVersion",
        "UnrecognisedName",
        "InvalidMessage",
        "tls handshake eof",
        "P-521",
        "SHA-512",
    ] {
        assert!(page.contains(verdict), "{verdict} is not in docs/errors/certificates.md");
    }
}
