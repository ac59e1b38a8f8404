//! Whether an account may be used, by whatever the settings say tells it.

use super::domain::windows_time;
use super::entry::Entry;
use super::value::{self, text};
use bwdc_core::names::Timestamp;
use bwdc_core::settings::DisabledBy;

/// The time at which a password policy says that an account is locked for good (draft-behera-ldap-password-policy,
/// section 5.3.3); any other one is the beginning of a lock that may end by itself.
const FOR_GOOD: &[u8] = b"000001010000Z";
const DAY: i64 = 86_400_000;
/// What each account of Active Directory has, and no contact.
pub(super) const IDENTIFIER: &str = "objectSid";

/// What tells who is disabled.
pub(super) struct Accounts<'s> {
    signs: &'s [DisabledBy],
    /// Whether somebody chose them.
    are_chosen: bool,
    now: Timestamp,
}

impl<'s> Accounts<'s> {
    pub(super) fn new(signs: &'s [DisabledBy], are_chosen: bool, now: Timestamp) -> Self {
        Self { signs, are_chosen, now }
    }

    /// Whether this is an account of Active Directory, which has an identifier and a state, and the state is not shown: taken for
    /// enabled, whoever is disabled would be let in.
    pub(super) fn hides_state(&self, entry: &Entry<'_>) -> bool {
        const OF_EACH: [DisabledBy; 2] = [DisabledBy::UserAccountControl, DisabledBy::AccountExpires];
        let is_missing =
            |it: &DisabledBy| OF_EACH.contains(it) && entry.first_value(it.attribute()).is_none();
        entry.first_value(IDENTIFIER).is_some() && self.signs.iter().any(is_missing)
    }

    /// Whether a sign is not shown that the entry may have all the same.
    pub(super) fn may_hide_state(&self, entry: &Entry<'_>) -> bool {
        self.signs.iter().any(|it| entry.first_value(it.attribute()).is_none())
    }

    /// The attributes of the signs.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &'static str> + use<'s> {
        self.signs.iter().map(|it| it.attribute())
    }

    /// Those of the signs that somebody chose.
    pub(super) fn chosen(&self) -> impl Iterator<Item = &'static str> + use<'s> {
        let are_chosen = self.are_chosen;
        self.attributes().filter(move |_| are_chosen)
    }

    pub(super) fn is_disabled(&self, entry: &Entry<'_>) -> bool {
        self.signs.iter().any(|sign| {
            entry.first_value(sign.attribute()).is_some_and(|value| is_disabled(*sign, value, self.now))
        })
    }
}

fn is_disabled(sign: DisabledBy, value: &[u8], now: Timestamp) -> bool {
    match sign {
        DisabledBy::UserAccountControl => value::is_disabled(&text(value)),
        DisabledBy::AccountExpires => value::has_expired(&text(value), windows_time(now)),
        DisabledBy::NsAccountLock | DisabledBy::LoginDisabled => {
            value.trim_ascii().eq_ignore_ascii_case(b"true")
        }
        DisabledBy::PwdAccountLockedTime => value.starts_with(FOR_GOOD),
        // -1 never, and 0 is said to mean either thing (shadow(5)): whoever has it stays.
        DisabledBy::ShadowExpire => {
            text(value).trim().parse().is_ok_and(|day: i64| day > 0 && day <= now.0.div_euclid(DAY))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sign_has_values_that_disable_and_values_that_do_not() {
        let now = Timestamp(20_000 * DAY + 5);
        for (sign, disabling, others) in [
            (DisabledBy::UserAccountControl, &["514", "546"][..], &["512", ""][..]),
            (
                DisabledBy::AccountExpires,
                &["1", "133444735999999999"],
                &["0", "9223372036854775807", "199999999999999999", "x"],
            ),
            (DisabledBy::NsAccountLock, &["true", "TRUE"], &["false", "", "truely"]),
            (DisabledBy::LoginDisabled, &["TRUE"], &["FALSE"]),
            (DisabledBy::PwdAccountLockedTime, &["000001010000Z"], &["20260101000000Z", ""]),
            (DisabledBy::ShadowExpire, &["20000", "1", " 19999 "], &["20001", "0", "-1", "", "never"]),
        ] {
            for value in disabling {
                assert!(is_disabled(sign, value.as_bytes(), now), "{sign:?} {value}");
            }
            for value in others {
                assert!(!is_disabled(sign, value.as_bytes(), now), "{sign:?} {value}");
            }
        }
    }
}
