//! People who are deleted or hidden, which the directory does not tell apart.

use crate::list::some;
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
    format!(
        "{} {}: {}. {}",
        hidden_because(because),
        members_of(people),
        some(examples),
        hidden_action(action, grace_hours, because)
    )
}

/// What stands in the way of telling deleted people from hidden ones; ends before the people.
fn hidden_because(because: &HiddenBecause) -> String {
    match because {
        HiddenBecause::UnitNotReadable { unit } => format!(
            "The unit `{unit}` cannot be read: it was renamed or deleted, or the reading account lost the right. Deleted or \
             hidden with it:"
        ),
        HiddenBecause::DeletedEntriesNotReadable { account, unit } => {
            let unit = unit.as_ref().map(|it| format!("The unit `{it}` cannot be read. ")).unwrap_or_default();
            format!(
                "{unit}`{account}` has no right to read `CN=Deleted Objects`, so that deleted and hidden people look the same:"
            )
        }
        HiddenBecause::PlaceUnknown => {
            "The directory does not have these entries, and nobody knows where they were last seen. Deleted or hidden:"
                .to_owned()
        }
        HiddenBecause::NotAmongDeleted => {
            "The directory has these entries neither among its people nor among its deleted entries. Deleted long ago, moved \
             to another domain, or hidden:"
                .to_owned()
        }
    }
}

fn members_of(people: usize) -> String {
    if people == 1 { "1 member".to_owned() } else { format!("{people} members") }
}

/// What becomes of them, by which setting, and what would tell.
fn hidden_action(action: HiddenAction, grace_hours: u32, because: &HiddenBecause) -> String {
    let right = match because {
        HiddenBecause::DeletedEntriesNotReadable { account, .. } => {
            format!(" To tell, give `{account}` the right to read `CN=Deleted Objects`.")
        }
        _ => String::new(),
    };
    match action {
        HiddenAction::Keep => format!(
            "They keep access. To revoke it after {grace_hours} hours, set `leavers.hidden` to `revoke`.{right}"
        ),
        HiddenAction::Revoke => format!(
            "They lose access {grace_hours} hours after a run first missed them, and get it back when the same entries are seen \
             again. To keep them, set `leavers.hidden` to `keep`.{right}"
        ),
    }
}
