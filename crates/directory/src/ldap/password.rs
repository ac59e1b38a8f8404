//! How long the account's password is good for, as a server tells it with a bind: the control of password policies (Behera's
//! draft: OpenLDAP, 389 Directory Server, FreeIPA) and Netscape's older one. After the end some servers accept a few more sign-ins, and
//! each bind uses one up. A refused bind says the same of a wrong password and of one that has ended; the control tells them apart.

use super::error::PasswordFault;
use bwdc_core::names::Timestamp;
use ldap3::asn1::{PL, StructureTag, parse_tag};
use ldap3::controls::{Control, RawControl};

const POLICY: &str = "1.3.6.1.4.1.42.2.27.8.5.1";
const NETSCAPE_ENDS: &str = "2.16.840.1.113730.3.4.5";
const NETSCAPE_ENDED: &str = "2.16.840.1.113730.3.4.4";
/// The longest time that is believed: some servers answer with the largest number that there is.
const LONGEST_SECONDS: i64 = 10 * 366 * 24 * 3600;

/// What a server says of the password beside accepting it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PasswordWarning {
    /// It ends in so many seconds.
    Ends { seconds: i64 },
    /// It has ended, and is accepted so many times more.
    Grace { left: u32 },
}

impl PasswordWarning {
    /// When the password ends, where that is to come.
    pub(super) fn ends_at(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Ends { seconds } => Some(Timestamp(now.0.saturating_add(seconds.saturating_mul(1000)))),
            Self::Grace { .. } => None,
        }
    }
}

/// Asks for it; whoever does not know the control binds all the same.
pub(super) fn request() -> RawControl {
    RawControl { ctype: POLICY.to_owned(), crit: false, val: None }
}

/// What came with the answer to a bind.
pub(super) fn warning(controls: &[Control]) -> Option<PasswordWarning> {
    let value = |kind: &str| controls.iter().find(|it| it.1.ctype == kind)?.1.val.as_deref();
    let by_policy = value(POLICY).and_then(of_policy);
    let by_netscape = || {
        let seconds = std::str::from_utf8(value(NETSCAPE_ENDS)?).ok()?.trim().parse().ok()?;
        ends(seconds)
    };
    by_policy.or_else(by_netscape)
}

/// What came with the refusal of a bind.
pub(super) fn fault(controls: &[Control]) -> Option<PasswordFault> {
    let control = |kind: &str| controls.iter().find(|it| it.1.ctype == kind);
    let by_policy = control(POLICY).and_then(|it| fault_of_policy(it.1.val.as_deref()?));
    by_policy.or_else(|| control(NETSCAPE_ENDED).map(|_| PasswordFault::Expired))
}

/// `SEQUENCE { warning [0] … OPTIONAL, error [1] ENUMERATED { passwordExpired (0), accountLocked (1), changeAfterReset (2), … } OPTIONAL }`
fn fault_of_policy(value: &[u8]) -> Option<PasswordFault> {
    let (_, sequence) = parse_tag(value).ok()?;
    match inner(sequence)?.into_iter().find(|it| it.id == 1)?.payload {
        PL::P(error) if error == [0] => Some(PasswordFault::Expired),
        PL::P(error) if error == [1] => Some(PasswordFault::Locked),
        PL::P(error) if error == [2] => Some(PasswordFault::MustChange),
        _ => None,
    }
}

/// `SEQUENCE { warning [0] CHOICE { timeBeforeExpiration [0] INTEGER, graceAuthNsRemaining [1] INTEGER } OPTIONAL, … }`
fn of_policy(value: &[u8]) -> Option<PasswordWarning> {
    let (_, sequence) = parse_tag(value).ok()?;
    let choice = inner(sequence)?.into_iter().find(|it| it.id == 0)?;
    let told = inner(choice)?.into_iter().next()?;
    let PL::P(bytes) = told.payload else { return None };
    let number =
        bytes.iter().try_fold(0_i64, |sum, byte| sum.checked_mul(256)?.checked_add(i64::from(*byte)))?;
    match told.id {
        0 => ends(number),
        1 => Some(PasswordWarning::Grace { left: u32::try_from(number).ok()? }),
        _ => None,
    }
}

fn ends(seconds: i64) -> Option<PasswordWarning> {
    (0..=LONGEST_SECONDS).contains(&seconds).then_some(PasswordWarning::Ends { seconds })
}

fn inner(tag: StructureTag) -> Option<Vec<StructureTag>> {
    if let PL::C(inner) = tag.payload { Some(inner) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_refused_password_is_told_beside() {
        let fault = |kind: &str, value: &[u8]| {
            let raw = RawControl { ctype: kind.to_owned(), crit: false, val: Some(value.to_vec()) };
            fault(&[Control(None, raw)])
        };
        for (value, expected) in [
            (&[0x30, 0x03, 0x81, 0x01, 0x00][..], Some(PasswordFault::Expired)),
            (&[0x30, 0x03, 0x81, 0x01, 0x01], Some(PasswordFault::Locked)),
            (&[0x30, 0x08, 0xa0, 0x03, 0x81, 0x01, 0x02, 0x81, 0x01, 0x02], Some(PasswordFault::MustChange)),
            (&[0x30, 0x03, 0x81, 0x01, 0x05], None),
            (&[0x30, 0x05, 0xa0, 0x03, 0x81, 0x01, 0x00], None),
            (&[0x30, 0x00], None),
            (b"x", None),
        ] {
            assert_eq!(fault(POLICY, value), expected, "{value:?}");
        }
        assert_eq!(fault(NETSCAPE_ENDED, b"0"), Some(PasswordFault::Expired));
        assert_eq!(fault(NETSCAPE_ENDS, b"0"), None);
    }

    fn told(kind: &str, value: &[u8]) -> Option<PasswordWarning> {
        let raw = RawControl { ctype: kind.to_owned(), crit: false, val: Some(value.to_vec()) };
        warning(&[Control(None, raw)])
    }

    #[test]
    fn the_end_and_what_is_left_after_it_are_read_and_nothing_is_made_up() {
        let ends = |seconds| Some(PasswordWarning::Ends { seconds });
        assert_eq!(told(POLICY, &[0x30, 0x06, 0xa0, 0x04, 0x80, 0x02, 0x01, 0x00]), ends(256));
        let grace = told(POLICY, &[0x30, 0x05, 0xa0, 0x03, 0x81, 0x01, 0x02]);
        assert_eq!(grace, Some(PasswordWarning::Grace { left: 2 }));
        assert_eq!(told(NETSCAPE_ENDS, b"3600"), ends(3600));
        // An error without a warning, nothing at all, what is no answer, and the largest number.
        for value in [&[0x30, 0x03, 0x81, 0x01, 0x00][..], &[0x30, 0x00], &[], b"x"] {
            assert_eq!(told(POLICY, value), None, "{value:?}");
        }
        assert_eq!(told(POLICY, &[0x30, 0x08, 0xa0, 0x06, 0x80, 0x04, 0x7f, 0xff, 0xff, 0xff]), None);
        assert_eq!(told(NETSCAPE_ENDS, b"0"), ends(0));
        assert_eq!(told("1.2.3", b"3600"), None);
    }
}
