//! Which of an account's names is its address.

/// The mail address; where there is none of the company's own, the sign-in name. None: the only name is that of a guest,
/// in which the address of the guest's home is hidden behind `#EXT#`.
pub(super) fn address<'u>(mail: Option<&'u str>, name: Option<&'u str>) -> Option<&'u str> {
    let filled = |text: &&str| !text.trim().is_empty();
    let own = |mail: &str| {
        let domain = mail.trim().rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
        domain != "onmicrosoft.com" && !domain.ends_with(".onmicrosoft.com")
    };
    let mail = mail.filter(filled);
    mail.filter(|mail| own(mail))
        .or(name.filter(filled))
        .or(mail)
        .filter(|chosen| !chosen.to_ascii_lowercase().contains("#ext#"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_counts_unless_it_is_empty_or_the_tenants_first_domain() {
        for (mail, name, expected) in [
            (Some("a@x.test"), Some("b@x.test"), Some("a@x.test")),
            (None, Some("b@x.test"), Some("b@x.test")),
            (Some(" "), Some("b@x.test"), Some("b@x.test")),
            (Some("a@x.OnMicrosoft.com"), Some("b@x.test"), Some("b@x.test")),
            (Some("a@x.onmicrosoft.com"), None, Some("a@x.onmicrosoft.com")),
            (Some("a@notonmicrosoft.com"), Some("b@x.test"), Some("a@notonmicrosoft.com")),
            (
                Some("guest@home.test"),
                Some("guest_home.test#EXT#@x.onmicrosoft.com"),
                Some("guest@home.test"),
            ),
            (None, Some("guest_home.test#EXT#@x.onmicrosoft.com"), None),
            (None, Some("guest_home.test#ext#@x.onmicrosoft.com"), None),
            (None, None, None),
        ] {
            assert_eq!(address(mail, name), expected, "{mail:?} {name:?}");
        }
    }
}
