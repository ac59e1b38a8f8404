//! Plans out of small and large directories, made by the rules themselves.

use crate::judged::{Known, judged};
use bwdc_core::desired::Desired;
use bwdc_core::ledger::{LedgerState, Marks};
use bwdc_core::names::{Email, ExternalId, MemberId, SourceName};
use bwdc_core::observed::{MemberStatus, ObservedMember, OrganizationState, Presence, Presences, Role};
use bwdc_core::settings::{ConnectorSettings, LeaverAction, SyncSettings};
use bwdc_core::snapshot::{AccountState, PersonEntry, PersonMarks, ReadScope, Section, SnapshotBuilder};
use bwdc_engine::Planned;
use serde_json::json;

/// A directory of people and one group of all of them, and an organization with members who are gone from it.
pub(crate) fn planned(people: &[&str], groups: &[(&str, &[&str])], gone: usize) -> Planned {
    let (desired, sync) = directory(people, groups);
    plan(&desired, &sync, gone, true)
}

fn directory(people: &[&str], groups: &[(&str, &[&str])]) -> (Desired, SyncSettings) {
    let scope = ReadScope { people: true, groups: true, deleted: true, stable_ids: true };
    let mut builder = SnapshotBuilder::new(scope);
    for name in people {
        let id = builder.text(&format!("cn={name},ou=people,dc=example,dc=test"));
        let mail = builder.text(&format!("{}@example.test", name.to_lowercase()));
        builder.person(PersonEntry {
            reference: id,
            key: id,
            login: None,
            external_id: id,
            stable_id: None,
            mail: Some(mail),
            prefix: None,
            state: AccountState::Enabled,
            marks: PersonMarks::default(),
        });
    }
    for (name, members) in groups {
        let text = builder.text(name);
        let members: Vec<_> =
            members.iter().map(|it| builder.text(&format!("cn={it},ou=people,dc=example,dc=test"))).collect();
        builder.group(text, text, text, text, &members);
    }
    for section in [Section::People, Section::DeletedPeople, Section::Groups] {
        builder.end(section);
    }
    let snapshot = builder.finish().expect("every section has ended");
    let sync = json!({ "users": true, "groups": true, "inviteUsersAfterProvisioning": true });
    let sync = SyncSettings::from_stored(sync.as_object().expect("an object")).expect("settings");
    (Desired::build(snapshot, &sync).expect("a directory"), sync)
}

/// The same where no run took a baseline: whoever is gone is kept.
pub(crate) fn planned_first() -> Planned {
    let (desired, sync) = directory(&["Ada", "Ben"], &[("Staff", &["Ada"])]);
    plan(&desired, &sync, 2, false)
}

fn plan(desired: &Desired, sync: &SyncSettings, gone: usize, baseline_taken: bool) -> Planned {
    let mut state = OrganizationState::default();
    let mut ledger = LedgerState { baseline_taken, ..LedgerState::default() };
    let mut presences = Presences::new();
    for number in 0..gone {
        let id = ExternalId::new(format!("cn=gone{number},ou=people,dc=example,dc=test"));
        let email = Email::new(format!("gone{number}@example.test"));
        state.members.push(ObservedMember {
            id: Some(MemberId::new(format!("m{number}"))),
            email: email.clone(),
            external_id: Some(id.clone()),
            changed_id: None,
            status: MemberStatus::Confirmed,
            role: Role::User,
        });
        ledger.people.push(bwdc_core::ledger::ManagedPerson {
            external_id: id.clone(),
            source: SourceName::primary(),
            stable_id: None,
            reference: None,
            email,
            revoked_by_us: false,
            out: None,
            member_id: None,
            marks: Marks::default(),
        });
        presences.insert(id, Presence::NotFound);
    }
    let mut connector = ConnectorSettings::default();
    connector.leavers.gone = Some(LeaverAction::Revoke);
    connector.limits.invitations = 1_000_000;
    judged(desired, sync, Known { state, ledger, presences }, &connector, true)
}
