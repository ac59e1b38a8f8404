//! People who are deleted or hidden, which the directory does not tell apart.

use crate::list::some;
use crate::text;
use bwdc_core::observed::HiddenBecause;
use bwdc_core::settings::HiddenAction;

/// The unit first, then the people, the setting, and the right that would tell.
pub(crate) fn deleted_or_hidden(
    because: &HiddenBecause,
    people: usize,
    examples: &[String],
    action: HiddenAction,
    grace_hours: u32,
) -> String {
    text!(
        "hidden.notice",
        "{because} {people:member/members}: {names}. {action}",
        because = hidden_because(because),
        people,
        names = some(examples),
        action = hidden_action(action, grace_hours, because)
    )
}

/// What stands in the way of telling deleted people from hidden ones; ends before the people.
fn hidden_because(because: &HiddenBecause) -> String {
    match because {
        HiddenBecause::UnitNotReadable { unit } => text!(
            "hidden.unit",
            "The unit `{unit}` cannot be read: it was renamed or deleted, or the reading account lost the right. Deleted or \
             hidden with it:",
            unit
        ),
        HiddenBecause::DeletedEntriesNotReadable { account, unit: Some(unit) } => text!(
            "hidden.unit-and-deleted-entries",
            "The unit `{unit}` cannot be read. `{account}` has no right to read `CN=Deleted Objects`, so that deleted and \
             hidden people look the same:",
            unit,
            account
        ),
        HiddenBecause::DeletedEntriesNotReadable { account, unit: None } => text!(
            "hidden.deleted-entries",
            "`{account}` has no right to read `CN=Deleted Objects`, so that deleted and hidden people look the same:",
            account
        ),
        HiddenBecause::Elsewhere { servers } => text!(
            "hidden.elsewhere",
            "Parts of the directory are on other servers ({servers}), where nobody is looked for. Deleted, or moved there:",
            servers = some(servers)
        ),
        HiddenBecause::PlaceUnknown => text!(
            "hidden.place-unknown",
            "The directory does not have these entries, and nothing records where they were last seen. Deleted or hidden:"
        ),
        HiddenBecause::NotAmongDeleted => text!(
            "hidden.not-among-deleted",
            "The directory has these entries neither among its people nor among its deleted entries. Deleted long ago, moved \
             to another domain, or hidden:"
        ),
    }
}

/// What becomes of them, by which setting, and what would tell.
fn hidden_action(action: HiddenAction, grace_hours: u32, because: &HiddenBecause) -> String {
    let what = match action {
        HiddenAction::Keep => text!(
            "hidden.keep",
            "They keep access. To revoke it after {grace_hours:hour/hours}, set `leavers.hidden` to `revoke`.",
            grace_hours
        ),
        HiddenAction::Revoke => text!(
            "hidden.revoke",
            "They lose access {grace_hours:hour/hours} after a run first missed them, and get it back when the same entries \
             are seen again. To keep them, set `leavers.hidden` to `keep`.",
            grace_hours
        ),
    };
    match because {
        HiddenBecause::DeletedEntriesNotReadable { account, .. } => text!(
            "hidden.right",
            "{what} To tell them apart, give `{account}` the right to read `CN=Deleted Objects`.",
            what,
            account
        ),
        _ => what,
    }
}
