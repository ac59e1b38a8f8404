//! Variables that look like settings and are none: whoever misspells one is told, and told which one was meant.

use crate::notify;
use crate::paths::ProcessEnvironment;
use crate::secrets::SecretName;
use bwdc_core::settings::{Setting, SettingKind};

/// Variables that begin like those of settings and have a meaning of their own.
const OTHER_VARIABLES: [&str; 6] = [
    "BWDC_PROFILE",
    "BWDC_SECRETS_DIR",
    "BWDC_SECRETS_PASSPHRASE",
    "BWDC_SECRETS_PASSPHRASE_FILE",
    "BWDC_SECRET_SERVICE_METRICS_TOKEN",
    "BWDC_SECRET_LEASE_PASSWORD",
];

/// How every variable of ours begins.
const OURS: &str = "BWDC_";
/// How the variable of a secret begins.
const SECRET: &str = "BWDC_SECRET_";

/// So many letters may be wrong in a name that is meant.
const WRONG_LETTERS: usize = 2;

/// A variable that belongs to no setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownVariable {
    /// Its name.
    pub name: String,
    /// The one that is most likely meant.
    pub meant: Option<String>,
}

/// The variables that look like ours and belong to nothing. Those of other programs, and of tests, may begin with our name: only
/// what begins like the settings of a section counts, and what is nearly the name of one.
pub fn unknown_variables(environment: &ProcessEnvironment) -> Vec<UnknownVariable> {
    let known = known();
    // `BWDC_LDAP_` and so on.
    let sections: Vec<_> = known
        .iter()
        .filter_map(|name| name.match_indices('_').nth(1).and_then(|(end, _)| name.get(..=end)))
        .collect();
    let unknown = |name: String| {
        let upper = name.to_ascii_uppercase();
        if !upper.starts_with(OURS) || known.contains(&upper) || is_secret_of_source(&upper, &known) {
            return None;
        }
        let looks_like_one = sections.iter().any(|section| upper.starts_with(section));
        let meant = meant(&upper, &known);
        (looks_like_one || meant.is_some()).then_some(UnknownVariable { name, meant })
    };
    environment.variable_names().filter_map(unknown).collect()
}

fn known() -> Vec<String> {
    let of_setting = |setting: &Setting| match setting.kind {
        SettingKind::Secret(kind) => SecretName::of_directory(kind).variable(),
        _ => setting.variable(),
    };
    let others = OTHER_VARIABLES.iter().chain(&notify::VARIABLES).map(|it| (*it).to_owned());
    Setting::all().iter().map(of_setting).chain(others).collect()
}

/// The secret of a further source has that source's name before its own.
fn is_secret_of_source(name: &str, known: &[String]) -> bool {
    let own = |it: &String| it.strip_prefix(SECRET).is_some_and(|own| name.ends_with(&format!("_{own}")));
    name.starts_with(SECRET) && known.iter().any(own)
}

fn meant(name: &str, known: &[String]) -> Option<String> {
    let of_secret = Setting::all().iter().find_map(|it| match it.kind {
        SettingKind::Secret(kind) if it.variable() == name => Some(SecretName::of_directory(kind).variable()),
        _ => None,
    });
    let without =
        name.strip_prefix(SECRET).map(|rest| format!("{OURS}{rest}")).filter(|it| known.contains(it));
    let nearest = || {
        let wrong = |it: &&String| strsim::damerau_levenshtein(name, it);
        known.iter().min_by_key(wrong).filter(|it| wrong(it) <= WRONG_LETTERS).cloned()
    };
    of_secret.or(without).or_else(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Platform;

    fn found(name: &str) -> Option<UnknownVariable> {
        let environment = ProcessEnvironment::new(Platform::Linux, None, [(name, "x")]);
        unknown_variables(&environment).pop()
    }

    #[test]
    fn a_variable_that_no_setting_knows_is_named_with_the_one_that_is_meant() {
        for (name, meant) in [
            ("BWDC_LDAP_PASSWORD", Some("BWDC_SECRET_LDAP_PASSWORD")),
            ("BWDC_SECRET_LDAP_HOSTNAME", Some("BWDC_LDAP_HOSTNAME")),
            ("BWDC_LDAP_HOSTNAM", Some("BWDC_LDAP_HOSTNAME")),
            ("BWDC_LPAD_HOSTNAME", Some("BWDC_LDAP_HOSTNAME")),
            ("BWDC_SYNC_USERFILTER", Some("BWDC_SYNC_USER_FILTER")),
            ("BWDC_SERVR", Some("BWDC_SERVER")),
            ("BWDC_LDAP_XYZ", None),
        ] {
            let expected = UnknownVariable { name: name.to_owned(), meant: meant.map(str::to_owned) };
            assert_eq!(found(name), Some(expected));
        }
    }

    #[test]
    fn variables_of_ours_and_of_others_are_left_alone() {
        for name in [
            "BWDC_LDAP_HOSTNAME",
            "BWDC_PROFILE",
            "BWDC_SECRETS_DIR",
            "BWDC_SECRETS_PASSPHRASE",
            "BWDC_SECRET_BERLIN_LDAP_PASSWORD",
            "BWDC_SECRET_NOTIFY_WEBHOOK_KEY",
            "BWDC_FAILPOINT",
            "BWDC_FAILPOINT_LOG",
            "BWDC_TEST_SERVER",
            "BWDC_TEST_FOLDER",
            "BWDC_WAIT_SPEED",
            "BWDC_WRITE_DOCS",
            "BWDC_EVENT",
            "BWDC_KIND",
            "BWDC_CHANGES",
            "BWDC_IMAGE",
            "LDAP_PASSWORD",
        ] {
            assert_eq!(found(name), None, "{name}");
        }
    }
}
