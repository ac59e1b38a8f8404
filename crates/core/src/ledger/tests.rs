//! What runs that were cut off leave behind.

use super::*;
use crate::observed::{MemberStatus, Role};
use crate::wire::ImportMember;

fn intent(request: Request, state: IntentState) -> Intent {
    Intent { id: IntentId(1), request, state, intended_at: Timestamp(0), resolved_at: None }
}

fn import(names: [(&str, bool); 3]) -> Request {
    let members = names.map(|(name, deleted)| ImportMember {
        email: Some(format!("{name}@x")),
        external_id: ExternalId::new(name),
        deleted,
    });
    Request::Import(ImportRequest {
        groups: Vec::new(),
        members: members.into(),
        overwrite_existing: false,
        large_import: false,
        invite_users_after_provisioning: true,
    })
}

#[test]
fn people_of_an_open_import_are_managed_unless_it_was_refused_or_took_them() {
    let request = import([("known", false), ("invited", false), ("taken", true)]);
    for (state, expected) in [
        (IntentState::Intended, &["known", "invited"][..]),
        (IntentState::Accepted, &["known", "invited"]),
        (IntentState::Unknown, &["known", "invited"]),
        (IntentState::Over, &["known", "invited"]),
        (IntentState::Refused, &["known"]),
    ] {
        let known = ManagedPerson {
            source: SourceName::primary(),
            external_id: ExternalId::new("known"),
            stable_id: Some(StableId::new("uuid")),
            reference: None,
            email: Email::new("other@x"),
            revoked_by_us: true,
            out: None,
            member_id: None,
            marks: Marks::default(),
        };
        let ledger = LedgerState {
            people: vec![known.clone()],
            open_intents: vec![intent(request.clone(), state)],
            ..LedgerState::default()
        };
        let open = matches!(state, IntentState::Intended | IntentState::Unknown);
        assert_eq!(ledger.open_imports().count(), usize::from(open), "{state:?}");
        let people = ledger.with_people_of_open_intents(&SourceName::primary()).people;
        assert_eq!(people[0], known);
        let names: Vec<&str> = people.iter().map(|it| it.external_id.as_str()).collect();
        assert_eq!(names, expected, "{state:?}");
    }
}

#[test]
fn who_got_another_id_from_a_run_that_was_cut_off_is_not_whoever_got_the_old_one() {
    let person = |id: &str, member: &str| ManagedPerson {
        source: SourceName::primary(),
        external_id: ExternalId::new(id),
        stable_id: Some(StableId::new(format!("uuid-{id}"))),
        reference: None,
        email: Email::new("leaver@x"),
        revoked_by_us: false,
        out: None,
        member_id: Some(MemberId::new(member)),
        marks: Marks::default(),
    };
    let shown = |member: &str, email: &str, id: &str| ObservedMember {
        id: Some(MemberId::new(member)),
        email: Email::new(email),
        external_id: Some(ExternalId::new(id)),
        changed_id: None,
        status: MemberStatus::Confirmed,
        role: Role::User,
    };
    let entry = |email: &str, id: &str, deleted| ImportMember {
        email: Some(email.to_owned()),
        external_id: ExternalId::new(id),
        deleted,
    };
    let import = |members: Vec<ImportMember>| {
        Request::Import(ImportRequest {
            groups: Vec::new(),
            members,
            overwrite_existing: false,
            large_import: false,
            invite_users_after_provisioning: true,
        })
    };
    let newcomer = entry("new@x", "dn", false);
    let put = Request::PutMember { id: MemberId::new("m"), external_id: ExternalId::new("uuid") };
    let official = vec![put, import(vec![newcomer.clone()])];
    let vaultwarden = vec![import(vec![entry("leaver@x", "uuid", true), newcomer])];
    let after = [shown("m", "leaver@x", "uuid"), shown("n", "new@x", "dn")];
    for (requests, organization, expected) in [
        (official.clone(), &after[..], &["uuid", "dn"][..]),
        (vaultwarden, &after, &["uuid", "dn"]),
        // Where the leaver has an id of another connector, the newcomer has the name all the same.
        (
            vec![import(vec![entry("new@x", "dn", false)])],
            &[shown("m", "leaver@x", "foreign"), shown("n", "new@x", "dn")],
            &["dn"],
        ),
        // So it has where somebody removed the leaver.
        (vec![import(vec![entry("new@x", "dn", false)])], &[shown("n", "new@x", "dn")], &["dn"]),
        // It came to nothing; or somebody else wrote another id.
        (official.clone(), &[shown("m", "leaver@x", "dn")], &["dn"]),
        (official, &[shown("m", "leaver@x", "by hand")], &["dn"]),
    ] {
        let mut addresses = Addresses::default();
        addresses.note(&ExternalId::new("dn"), "former@x", false);
        let intents = requests.into_iter().map(|it| intent(it, IntentState::Accepted));
        let ledger = LedgerState {
            people: vec![person("dn", "m")],
            open_intents: intents.collect(),
            addresses,
            ..LedgerState::default()
        };
        let state = OrganizationState { members: organization.to_vec(), groups: Vec::new() };
        let left = ledger.as_left_by_open_intents(Some(&state), &SourceName::primary());
        let ids: Vec<&str> = left.people.iter().map(|it| it.external_id.as_str()).collect();
        assert_eq!(ids, expected);
        let leaver = left.people.iter().find(|it| it.member_id.is_some());
        let own = organization.iter().find(|it| it.id == Some(MemberId::new("m")));
        let is_known = leaver.map(|it| &it.external_id) == own.and_then(|it| it.external_id.as_ref());
        assert!(is_known || leaver.is_none() || organization.len() == 1, "{leaver:?}");
        let newcomer = left.people.iter().find(|it| it.external_id.as_str() == "dn");
        let is_left = organization.iter().any(|it| it.email.as_str() == "new@x");
        assert!(!is_left || newcomer.is_some_and(|it| it.stable_id.is_none()), "{newcomer:?}");
        assert_eq!(left.addresses.of(&ExternalId::new(expected[0])).len(), 1);
    }
}

#[test]
fn whose_membership_goes_on_under_another_entry_is_told_by_the_id_that_it_got() {
    let (member, new) = (MemberId::new("m"), ExternalId::new("cn=new"));
    for (reference, stable, expected) in [
        // Another entry's id; the own one after a rename; the lasting one, which gave the name free.
        ("cn=old", "id:old", None),
        ("cn=new", "id:old", Some("id:old")),
        ("cn=old", "cn=new", Some("cn=new")),
    ] {
        let ledger = LedgerState {
            people: vec![ManagedPerson {
                source: SourceName::primary(),
                external_id: ExternalId::new("cn=old"),
                stable_id: Some(StableId::new(stable)),
                reference: Some(reference.to_owned()),
                email: Email::new("a@x"),
                revoked_by_us: false,
                out: None,
                member_id: Some(member.clone()),
                marks: Marks::default(),
            }],
            open_intents: vec![intent(
                Request::PutMember { id: member.clone(), external_id: new.clone() },
                IntentState::Accepted,
            )],
            ..LedgerState::default()
        };
        let shown = ObservedMember {
            id: Some(member.clone()),
            email: Email::new("a@x"),
            external_id: Some(new.clone()),
            changed_id: None,
            status: MemberStatus::Confirmed,
            role: Role::User,
        };
        let state = OrganizationState { members: vec![shown], groups: Vec::new() };
        let left = ledger.as_left_by_open_intents(Some(&state), &SourceName::primary());
        assert_eq!(left.people[0].external_id, new);
        assert_eq!(left.people[0].stable_id.as_ref().map(StableId::as_str), expected, "{reference}");
    }
}

#[test]
fn a_revocation_without_an_end_may_be_ours_and_a_refused_one_is_not() {
    for (state, expected) in
        [(IntentState::Intended, true), (IntentState::Unknown, true), (IntentState::Refused, false)]
    {
        let request = Request::Revoke(MemberId::new("m"));
        let ledger = LedgerState { open_intents: vec![intent(request, state)], ..LedgerState::default() };
        assert_eq!(ledger.may_have_revoked(&MemberId::new("m")), expected, "{state:?}");
        assert!(!ledger.may_have_revoked(&MemberId::new("n")));
    }
}

#[test]
fn where_nobody_can_look_a_run_that_was_cut_off_leaves_one_person_under_an_address() {
    let known = |id: &str, email: &str| ManagedPerson {
        source: SourceName::primary(),
        external_id: ExternalId::new(id),
        stable_id: Some(StableId::new(format!("uuid-{id}"))),
        reference: Some(id.to_owned()),
        email: Email::new(email),
        revoked_by_us: true,
        out: None,
        member_id: None,
        marks: Marks::default(),
    };
    let import = |members: &[(&str, &str, bool)]| {
        let members = members.iter().map(|(email, id, deleted)| ImportMember {
            email: Some((*email).to_owned()),
            external_id: ExternalId::new(*id),
            deleted: *deleted,
        });
        Request::Import(ImportRequest {
            groups: Vec::new(),
            members: members.collect(),
            overwrite_existing: false,
            large_import: false,
            invite_users_after_provisioning: true,
        })
    };
    let left = |requests: &[Request]| {
        let ledger = LedgerState {
            people: vec![known("a", "a@x"), known("b", "b@x")],
            open_intents: requests.iter().map(|it| intent(it.clone(), IntentState::Unknown)).collect(),
            ..LedgerState::default()
        };
        ledger.as_left_by_open_intents(None, &SourceName::primary()).people
    };
    // The membership goes on under another entry, and under a third one; a newcomer comes beside.
    let first = import(&[("a@x", "new", false), ("c@x", "c", false)]);
    for (requests, expected) in [
        (&[first.clone()][..], [("new", "a@x"), ("b", "b@x"), ("c", "c@x")]),
        (&[first, import(&[("a@x", "newer", false)])], [("newer", "a@x"), ("b", "b@x"), ("c", "c@x")]),
    ] {
        let people = left(requests);
        let ids: Vec<_> = people.iter().map(|it| (it.external_id.as_str(), it.email.as_str())).collect();
        assert_eq!(ids, expected);
        assert!(people[0].revoked_by_us && people[0].stable_id.is_none() && people[0].reference.is_none());
    }
    // A name that was used before is the newcomer's only when the leaver has another one; who is taken gets no other.
    let freed = import(&[("a@x", "uuid-a", true), ("new@x", "a", false)]);
    let ids: Vec<_> = left(&[freed]).iter().map(|it| it.external_id.as_str().to_owned()).collect();
    assert_eq!(ids, ["a", "b"]);
}

#[test]
fn an_import_that_lists_whom_it_was_shown_exchanges_nobody() {
    let known = |id: &str, member: &str| ManagedPerson {
        source: SourceName::primary(),
        external_id: ExternalId::new(id),
        stable_id: Some(StableId::new(format!("uuid-{id}"))),
        reference: None,
        email: Email::new(format!("{id}@x")),
        revoked_by_us: false,
        out: None,
        member_id: Some(MemberId::new(member)),
        marks: Marks::default(),
    };
    let shown = |member: &str, id: &str| ObservedMember {
        id: Some(MemberId::new(member)),
        email: Email::new(format!("{member}@x")),
        external_id: Some(ExternalId::new(id)),
        changed_id: None,
        status: MemberStatus::Confirmed,
        role: Role::User,
    };
    let members = [("m", "b"), ("n", "a")].map(|(member, id)| ImportMember {
        email: Some(format!("{member}@x")),
        external_id: ExternalId::new(id),
        deleted: false,
    });
    let import = Request::WholeImport(ImportRequest {
        groups: Vec::new(),
        members: members.into(),
        overwrite_existing: true,
        large_import: false,
        invite_users_after_provisioning: true,
    });
    let people = vec![known("a", "m"), known("b", "n")];
    let ledger = LedgerState {
        people: people.clone(),
        open_intents: vec![intent(import, IntentState::Unknown)],
        ..LedgerState::default()
    };
    let state = OrganizationState { members: vec![shown("m", "b"), shown("n", "a")], groups: Vec::new() };
    assert_eq!(ledger.as_left_by_open_intents(Some(&state), &SourceName::primary()).people, people);
}
