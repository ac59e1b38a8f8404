//! Asking for single people: gone is said only when the directory says so.

use super::{PASSWORD, READER, SUFFIX, Setup, people};
use bwdc_core::names::{ExternalId, StableId};
use bwdc_core::observed::{HiddenBecause, LookupRequest, Presence};
use bwdc_core::settings::DisabledBy;
use bwdc_engine::directory::ReadError;
use bwdc_harness::slapd;
use bwdc_sandbox::ldap::{Action, At, Fault, Options, ResultCode, Server};

fn dn(name: &str) -> String {
    format!("uid={name},{SUFFIX}")
}

fn lookups(external: &str, stable: Option<String>) -> LookupRequest {
    LookupRequest {
        external_id: ExternalId::new(external),
        stable_id: stable.map(StableId::new),
        reference: None,
    }
}

async fn ask(setup: &Setup, lookups: LookupRequest) -> Presence {
    let presences = setup.directory().look_up(std::slice::from_ref(&lookups)).await.unwrap();
    presences[&lookups.external_id].clone()
}

/// Found, usable, under this name.
fn found(name: &str) -> Presence {
    Presence::Found { at: Some(name.to_owned()) }
}

fn disabled(name: &str) -> Presence {
    Presence::Disabled { at: Some(name.to_owned()) }
}

/// Deleted or hidden with its unit.
fn hidden(unit: &str) -> Presence {
    Presence::Hidden(HiddenBecause::UnitNotReadable { unit: unit.to_owned() })
}

fn is_unknown(presence: &Presence, because: &str) -> bool {
    matches!(presence, Presence::Unknown { reason } if reason.contains(because))
}

async fn stable_id(setup: &Setup, name: &str) -> String {
    let snapshot = setup.read().await.unwrap();
    let key = dn(name);
    let person = snapshot.people().iter().find(|it| snapshot.texts().get(it.key) == key).unwrap();
    snapshot.texts().get(person.stable_id.unwrap()).to_owned()
}

#[tokio::test]
async fn openldap_tells_the_moved_from_the_gone() {
    let server = slapd::Options::new(SUFFIX).ldif_text(people(3)).start().unwrap();
    let setup = Setup::slapd(&server);
    let moved = stable_id(&setup, "u0").await;
    let gone = stable_id(&setup, "u1").await;
    server
        .ldapmodify(&format!("dn: {}\nchangetype: modrdn\nnewrdn: uid=moved\ndeleteoldrdn: 1\n", dn("u0")))
        .unwrap();
    server.ldapmodify(&format!("dn: {}\nchangetype: delete\n", dn("u1"))).unwrap();
    assert_eq!(ask(&setup, lookups(&dn("u0"), Some(moved))).await, found(&dn("moved")));
    assert_eq!(ask(&setup, lookups(&dn("u0"), None)).await, Presence::NotFound);
    assert_eq!(ask(&setup, lookups(&dn("u1"), Some(gone))).await, Presence::NotFound);
    assert_eq!(ask(&setup, lookups(&dn("U2"), None)).await, found(&dn("u2")));
}

#[tokio::test]
async fn who_is_there_and_no_longer_selected_is_found() {
    let server = slapd::Options::new(SUFFIX).ldif_text(people(2)).start().unwrap();
    let mut setup = Setup::slapd(&server);
    let id = stable_id(&setup, "u0").await;
    setup.layout.user_filter = Some("(uid=u1)".to_owned());
    setup.layout.user_bases = vec![dn("u1")];
    assert_eq!(setup.read().await.unwrap().people().len(), 1);
    assert_eq!(ask(&setup, lookups(&dn("u0"), Some(id))).await, found(&dn("u0")));
    assert_eq!(ask(&setup, lookups(&dn("u0"), None)).await, found(&dn("u0")));
}

/// u0 is locked for good, u1 for a while, u2 not at all; nobody of them is selected any more.
#[tokio::test]
async fn who_is_there_and_disabled_is_told_from_who_is_only_no_longer_selected() {
    let server = slapd::Options::new(SUFFIX)
        .ldif_text(people(4))
        .overlay("ppolicy", &[])
        .database_line(format!(
            "access to attrs=pwdAccountLockedTime by dn.exact=\"{}\" none by * read",
            dn("u3")
        ))
        .database_line("access to * by * read")
        .start()
        .unwrap();
    let mut setup = Setup::slapd(&server);
    let ids = [stable_id(&setup, "u0").await, stable_id(&setup, "u1").await, stable_id(&setup, "u2").await];
    for (name, time) in [("u0", "000001010000Z"), ("u1", "20260102030405Z")] {
        let change = "changetype: modify\nadd: pwdAccountLockedTime\npwdAccountLockedTime:";
        server.ldapmodify(&format!("dn: {}\n{change} {time}\n", dn(name))).unwrap();
    }
    server
        .ldapmodify(&format!(
            "dn: {}\nchangetype: modify\nadd: userPassword\nuserPassword: pw-u3\n",
            dn("u3")
        ))
        .unwrap();
    setup.layout.user_filter = Some("(uid=nobody)".to_owned());
    // What tells nothing to the read tells nothing here.
    assert_eq!(ask(&setup, lookups(&dn("u0"), None)).await, found(&dn("u0")));
    setup.choose_signs(vec![DisabledBy::PwdAccountLockedTime]);
    let expected = [disabled(&dn("u0")), found(&dn("u1")), found(&dn("u2"))];
    for (number, (id, expected)) in ids.iter().zip(expected).enumerate() {
        let name = dn(&format!("u{number}"));
        assert_eq!(ask(&setup, lookups(&name, Some(id.clone()))).await, expected, "{name} by its id");
        assert_eq!(ask(&setup, lookups(&name, None)).await, expected, "{name}");
    }
    // Renamed: the name is denied, the id finds the person.
    server
        .ldapmodify(&format!("dn: {}\nchangetype: modrdn\nnewrdn: uid=left\ndeleteoldrdn: 1\n", dn("u0")))
        .unwrap();
    assert_eq!(ask(&setup, lookups(&dn("u0"), Some(ids[0].clone()))).await, disabled(&dn("left")));
    assert_eq!(ask(&setup, lookups(&dn("u0"), None)).await, Presence::NotFound);
    // Who hides it may be locked, and so may everybody of a batch.
    let mut blind = Setup::new(server.port(), &dn("u3"), "pw-u3");
    blind.choose_signs(vec![DisabledBy::PwdAccountLockedTime]);
    let untold = "does not show whether";
    assert!(is_unknown(&ask(&blind, lookups(&dn("left"), None)).await, untold));
    let all = [lookups(&dn("u1"), Some(ids[1].clone())), lookups(&dn("u2"), Some(ids[2].clone()))];
    let answers = blind.directory().look_up(&all).await.unwrap();
    assert!(answers.values().all(|it| is_unknown(it, untold)), "{answers:?}");
    // What there is not is hidden from nobody.
    blind.choose_signs(vec![DisabledBy::LoginDisabled]);
    assert_eq!(ask(&blind, lookups(&dn("left"), None)).await, found(&dn("left")));
}

/// The name belongs to a newcomer by now, who is disabled: the person who had it is gone all the same.
#[tokio::test]
async fn a_disabled_newcomer_of_the_same_name_is_somebody_else() {
    let server = slapd::Options::new(SUFFIX).ldif_text(people(2)).overlay("ppolicy", &[]).start().unwrap();
    let mut setup = Setup::slapd(&server);
    setup.choose_signs(vec![DisabledBy::PwdAccountLockedTime]);
    let gone = stable_id(&setup, "u0").await;
    server.ldapmodify(&format!("dn: {}\nchangetype: delete\n", dn("u0"))).unwrap();
    server
        .ldapmodify(&format!(
            "dn: {0}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: u0\ncn: New\nsn: n\n\n\
             dn: {0}\nchangetype: modify\nadd: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n",
            dn("u0")
        ))
        .unwrap();
    assert_eq!(ask(&setup, lookups(&dn("u0"), Some(gone))).await, Presence::NotFound);
    assert_eq!(ask(&setup, lookups(&dn("u0"), None)).await, disabled(&dn("u0")));
}

#[tokio::test]
async fn without_the_right_to_see_a_unit_everybody_in_it_is_deleted_or_hidden() {
    let unit = format!("dn: ou=hidden,{SUFFIX}\nobjectClass: organizationalUnit\nou: hidden\n\n");
    let server = slapd::Options::new(SUFFIX)
        .ldif_text(people(2) + &unit)
        .database_line(format!(
            "access to dn.subtree=\"ou=hidden,{SUFFIX}\" by dn.exact=\"{}\" none by * read",
            dn("u1")
        ))
        .database_line("access to * by * read")
        .start()
        .unwrap();
    let u0 = stable_id(&Setup::slapd(&server), "u0").await;
    server
        .ldapmodify(&format!(
            "dn: {}\nchangetype: modify\nadd: userPassword\nuserPassword: pw-u1\n\n\
             dn: {}\nchangetype: modrdn\nnewrdn: uid=u0\ndeleteoldrdn: 1\nnewsuperior: ou=hidden,{SUFFIX}\n",
            dn("u1"),
            dn("u0")
        ))
        .unwrap();
    let setup = Setup::new(server.port(), &dn("u1"), "pw-u1");
    let pushed = format!("uid=u0,ou=hidden,{SUFFIX}");
    let unit = format!("ou=hidden,{SUFFIX}");
    assert_eq!(ask(&setup, lookups(&pushed, Some(u0.clone()))).await, hidden(&unit));
    assert_eq!(ask(&setup, lookups(&pushed, None)).await, hidden(&unit));
    assert_eq!(ask(&Setup::slapd(&server), lookups(&pushed, Some(u0))).await, found(&pushed));
}

/// A company's reorganization: one unit gets another name, one is emptied and deleted, one is deleted with all that is in
/// it. Who was there is asked for by the id, then in the unit where the entry was last seen.
#[tokio::test]
async fn who_leaves_with_a_unit_is_not_told_from_who_is_hidden_by_it() {
    let unit =
        |name: &str| format!("dn: ou={name},{SUFFIX}\nobjectClass: organizationalUnit\nou: {name}\n\n");
    let person = |uid: &str, unit: &str| {
        format!(
            "dn: uid={uid},ou={unit},{SUFFIX}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: n\nmail: {uid}@x.test\n\n"
        )
    };
    let mut ldif = people(1) + &["old", "emptied", "deleted"].map(unit).concat();
    ldif += &person("renamed", "old");
    ldif += &person("leaver", "old");
    ldif += &person("late", "emptied");
    let crowd: Vec<String> = (0..20).map(|number| format!("crowd{number}")).collect();
    ldif.extend(crowd.iter().map(|uid| person(uid, "deleted")));
    let server = slapd::Options::new(SUFFIX).ldif_text(ldif).start().unwrap();
    let setup = Setup::slapd(&server);
    let snapshot = setup.read().await.unwrap();
    let text = |it| snapshot.texts().get(it).to_owned();
    let ledger: Vec<LookupRequest> = snapshot
        .people()
        .iter()
        .map(|it| LookupRequest {
            external_id: ExternalId::new(text(it.external_id)),
            stable_id: it.stable_id.map(|it| StableId::new(text(it))),
            reference: Some(text(it.reference)),
        })
        .collect();
    let in_unit = |uid: &str, unit: &str| format!("uid={uid},ou={unit},{SUFFIX}");
    let known = |uid: &str, unit: &str| {
        let pushed = in_unit(uid, unit);
        ledger.iter().find(|it| it.external_id.as_str() == pushed).unwrap().clone()
    };
    let delete = |name: String| format!("dn: {name}\nchangetype: delete\n\n");
    let mut changes = delete(in_unit("leaver", "old")) + &delete(in_unit("late", "emptied"));
    changes += &crowd.iter().map(|uid| delete(in_unit(uid, "deleted"))).collect::<String>();
    server.ldapmodify(&changes).unwrap();
    // Before anything happens to the units: gone.
    let answers = setup.directory().look_up(&ledger).await.unwrap();
    for leaver in [known("leaver", "old"), known("late", "emptied"), known("crowd7", "deleted")] {
        assert_eq!(answers[&leaver.external_id], Presence::NotFound, "{leaver:?}");
    }
    let mut changes = delete(format!("ou=emptied,{SUFFIX}")) + &delete(format!("ou=deleted,{SUFFIX}"));
    changes += &format!("dn: ou=old,{SUFFIX}\nchangetype: modrdn\nnewrdn: ou=new\ndeleteoldrdn: 1\n");
    server.ldapmodify(&changes).unwrap();
    let answers = setup.directory().look_up(&ledger).await.unwrap();
    let of = |person: &LookupRequest| answers[&person.external_id].clone();
    assert_eq!(of(&known("renamed", "old")), found(&in_unit("renamed", "new")));
    assert_eq!(of(&known("leaver", "old")), hidden(&format!("ou=old,{SUFFIX}")));
    assert_eq!(of(&known("late", "emptied")), hidden(&format!("ou=emptied,{SUFFIX}")));
    for uid in &crowd {
        assert_eq!(of(&known(uid, "deleted")), hidden(&format!("ou=deleted,{SUFFIX}")), "{uid}");
    }
    // The leaver was seen once more under the unit's new name, which can be read: gone.
    let seen = LookupRequest { reference: Some(in_unit("leaver", "new")), ..known("leaver", "old") };
    assert_eq!(ask(&setup, seen).await, Presence::NotFound);
    // Without an id that survives renames only the pushed name can be asked for.
    assert_eq!(
        ask(&setup, lookups(&in_unit("leaver", "old"), None)).await,
        hidden(&format!("ou=old,{SUFFIX}"))
    );
    assert_eq!(ask(&setup, lookups(&in_unit("leaver", "new"), None)).await, Presence::NotFound);
}

/// Many people are asked for in few searches, and each gets the answer that he would get alone.
#[tokio::test]
async fn people_are_asked_for_in_batches() {
    let server = Server::start(Options::with_bind(people(250), READER, PASSWORD)).await.unwrap();
    let setup = Setup::sandbox(&server);
    let stable = stable_id(&setup, "u0").await;
    let absent = (0..250).map(|number| {
        let id = format!("entryUUID:00000000-0000-4000-8000-{number:012}");
        lookups(&dn(&format!("left{number}")), Some(id))
    });
    let everybody: Vec<LookupRequest> = absent.chain([lookups(&dn("u0"), Some(stable))]).collect();
    let before = server.counts().searches;
    let answers = setup.directory().look_up(&everybody).await.unwrap();
    let searches = server.counts().searches - before;
    assert!(searches <= 6, "{searches}");
    assert_eq!(answers[&ExternalId::new(dn("u0"))], found(&dn("u0")));
    assert_eq!(answers.values().filter(|it| **it == Presence::NotFound).count(), 250);
}

#[tokio::test]
async fn an_id_that_the_server_cannot_search_by_proves_nothing() {
    let server = slapd::Options::new(SUFFIX).ldif_text(people(1)).start().unwrap();
    let setup = Setup::slapd(&server);
    let guid = "03020100-0504-0706-0809-0a0b0c0d0e0f";
    assert!(is_unknown(&ask(&setup, lookups(guid, None)).await, "objectGUID"));
    let by_both = lookups(&dn("gone"), Some(format!("nsUniqueId:{guid}")));
    assert!(is_unknown(&ask(&setup, by_both).await, "nsUniqueId"));
    let present = lookups(&dn("u0"), Some(format!("nsUniqueId:{guid}")));
    assert_eq!(ask(&setup, present).await, found(&dn("u0")));
    assert!(is_unknown(&ask(&setup, lookups("00u1abc", None)).await, "00u1abc"));
    assert!(is_unknown(&ask(&setup, lookups("cn=a,dc=other,dc=test", None)).await, "does not belong"));
}

#[tokio::test]
async fn object_ids_are_asked_for_by_value() {
    let server = bwdc_harness::awkward::options().start().unwrap();
    let setup = Setup::slapd(&server);
    let ask = |guid: &'static str| ask(&setup, lookups(guid, None));
    assert!(matches!(ask("12345678-9abc-def0-1122-334455667788").await, Presence::Found { at: Some(_) }));
    let nobody = ask("12345678-9abc-def0-1122-334455667789").await;
    assert_eq!(nobody, Presence::Hidden(HiddenBecause::PlaceUnknown), "nobody knows where it was");
}

#[tokio::test]
async fn a_part_on_another_server_leaves_nobody_in_for_ever() {
    let server = slapd::Options::new(SUFFIX).ldif_text(people(3)).start().unwrap();
    let setup = Setup::slapd(&server);
    let [gone, moved, there] =
        [stable_id(&setup, "u0").await, stable_id(&setup, "u1").await, stable_id(&setup, "u2").await];
    let far = format!("ldap://far.example.test/ou=far,{SUFFIX}");
    server
        .ldapmodify(&format!(
            "dn: ou=far,{SUFFIX}\nchangetype: add\nobjectClass: referral\nobjectClass: extensibleObject\nou: far\nref: {far}\n\n\
             dn: {}\nchangetype: delete\n\n\
             dn: {}\nchangetype: modrdn\nnewrdn: uid=moved\ndeleteoldrdn: 1\n",
            dn("u0"),
            dn("u1")
        ))
        .unwrap();
    let elsewhere = |presence: &Presence| matches!(presence, Presence::Hidden(HiddenBecause::Elsewhere { servers }) if servers[0].starts_with("ldap://far.example.test/"));
    let deleted = ask(&setup, lookups(&dn("u0"), Some(gone.clone()))).await;
    assert!(elsewhere(&deleted), "{deleted:?}");
    assert_eq!(ask(&setup, lookups(&dn("u1"), Some(moved))).await, found(&dn("moved")));
    assert_eq!(ask(&setup, lookups(&dn("u2"), Some(there))).await, found(&dn("u2")));
    let elsewhere_too = lookups(&format!("uid=u9,ou=hidden,{SUFFIX}"), Some(gone));
    assert!(is_unknown(&ask(&setup, elsewhere_too).await, "other servers"));
}

#[tokio::test]
async fn a_refusal_is_no_absence() {
    let server = Server::start(Options::with_bind(people(1), READER, PASSWORD)).await.unwrap();
    let mut setup = Setup::sandbox(&server);
    setup.time_limits.page = 1;
    for code in [ResultCode::InsufficentAccessRights, ResultCode::Busy] {
        server.clear_faults();
        server.inject(Fault::new(At::Page(1), Action::answer(code)));
        assert!(is_unknown(&ask(&setup, lookups(&dn("u0"), None)).await, "asked to fail"));
    }
    server.clear_faults();
    server.inject(Fault::new(At::Page(1), Action::Referral(vec!["ldap://far/".to_owned()])));
    assert!(is_unknown(&ask(&setup, lookups(&dn("u0"), None)).await, "referral"));

    for action in [Action::Cut { after_entries: 0 }, Action::Silence] {
        server.clear_faults();
        server.inject(Fault::new(At::Page(1), action));
        let answer = setup.directory().look_up(&[lookups(&dn("u0"), None)]).await;
        assert!(matches!(answer, Err(ReadError::Ldap(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn nobody_to_look_for_needs_no_server() {
    let setup = Setup::new(1, READER, PASSWORD);
    assert!(setup.directory().look_up(&[]).await.unwrap().is_empty());
}
