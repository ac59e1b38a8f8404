//! Why people stay, in words.

use super::*;
use bwdc_core::names::{ExternalId, Timestamp};
use bwdc_core::plan::Subject;
use bwdc_core::settings::Setting;

#[test]
fn who_is_kept_is_told_the_setting_that_decides_it() {
    let said = |cause, because| {
        let person = Subject { name: "ann@example.test".to_owned(), external_id: ExternalId::new("ann") };
        kept(&Kept { person, cause: Some(cause), because })
    };
    let until = Timestamp(0);
    for (cause, because, sentence) in [
        (
            Cause::Gone,
            KeptBecause::Parity,
            "no longer in the directory; nothing is done while `leavers.gone` is not set",
        ),
        (
            Cause::Deleted,
            KeptBecause::Parity,
            "deleted in the directory; nothing is done while `leavers.deleted` is not set",
        ),
        (
            Cause::OutOfScope,
            KeptBecause::Policy,
            "in the directory, but no longer selected; `leavers.out-of-scope` keeps such people",
        ),
        (
            Cause::Disabled,
            KeptBecause::Grace { until },
            "disabled in the directory; `leavers.disabled-grace-hours` waits until 1970-01-01 00:00 UTC",
        ),
        (
            Cause::Gone,
            KeptBecause::ServerCannotRevoke,
            "no longer in the directory; this server cannot revoke access, which Bitwarden servers do since version 2026.2.0: \
             update it, or set `leavers.gone` to remove",
        ),
        (
            Cause::Hidden,
            KeptBecause::ServerCannotRevoke,
            "deleted or hidden in the directory; this server cannot revoke access, which Bitwarden servers do since version \
             2026.2.0: update it",
        ),
    ] {
        assert_eq!(said(cause, because), sentence);
    }
    for cause in [Cause::Gone, Cause::Deleted, Cause::OutOfScope, Cause::Disabled, Cause::Hidden] {
        for name in [leavers(Some(cause)).to_owned(), grace(Some(cause))] {
            assert!(Setting::find(&name).is_some(), "{name}");
        }
    }
}
