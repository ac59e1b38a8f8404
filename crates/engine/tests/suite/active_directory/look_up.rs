//! Gone is said only when the domain says so.

use crate::active_directory::data::{READER_PASSWORD, dn};
use crate::active_directory::setup::{Setup, values};
use bwdc_core::names::{ExternalId, StableId};
use bwdc_core::observed::{HiddenBecause, LookupRequest, Presence};
use bwdc_harness::samba::{Domain, ROOT};

pub(crate) async fn gone_is_told_from_moved(domain: &Domain) {
    let guid = |number: usize| {
        let ldif =
            domain.samba_tool(&["user", "show", &format!("u{number}"), "--attributes=objectGUID"]).unwrap();
        values(&ldif, "objectGUID").pop_first().unwrap()
    };
    let [moved, deleted, present, disabled] = [101, 102, 103, 104].map(guid);
    domain
        .ldapmodify(&format!(
            "dn: {}\nchangetype: modrdn\nnewrdn: CN=Moved\ndeleteoldrdn: 1\nnewsuperior: OU=Left,{ROOT}\n\n\
             dn: {}\nchangetype: delete\n",
            dn(101),
            dn(102)
        ))
        .unwrap();
    domain.samba_tool(&["user", "disable", "u104"]).unwrap();
    let mut reader = Setup::new(domain).with("username", "reader@ad.example.test");
    reader.password = READER_PASSWORD.to_owned();
    for (setup, sees_deleted) in [(Setup::new(domain), true), (reader, false)] {
        let ids = [&moved, &deleted, &present, &disabled];
        let lookups = ids.map(|id| LookupRequest {
            external_id: ExternalId::new(id.as_str()),
            stable_id: Some(StableId::new(format!("objectGUID:{id}"))),
            reference: None,
        });
        let answers = setup.directory().look_up(&lookups).await.unwrap();
        let answers = lookups.map(|it| answers[&it.external_id].clone());
        let [moved, deleted, present, disabled] = &answers;
        let at = |name: String| Some(name);
        assert_eq!(moved, &Presence::Found { at: at(format!("CN=Moved,OU=Left,{ROOT}")) });
        assert_eq!(present, &Presence::Found { at: at(dn(103)) });
        assert_eq!(disabled, &Presence::Disabled { at: at(dn(104)) });
        if sees_deleted {
            assert_eq!(deleted, &Presence::NotFound);
        } else {
            assert_right_is_missing(deleted, "reader@ad.example.test");
        }
    }
}

#[track_caller]
fn assert_right_is_missing(answer: &Presence, account: &str) {
    let because = HiddenBecause::DeletedEntriesNotReadable { account: account.to_owned(), unit: None };
    assert_eq!(*answer, Presence::Hidden(because));
}

pub(crate) const AUDITOR_PASSWORD: &str = "Passw0rd-Aud1tor";

/// Only an account that may see deleted entries tells who is hidden from it from who is deleted.
pub(crate) async fn hidden_is_told_from_deleted(domain: &Domain) {
    let hidden = format!("OU=Hidden,{ROOT}");
    domain.samba_tool(&["user", "create", "auditor", AUDITOR_PASSWORD]).unwrap();
    let shown = domain.samba_tool(&["user", "show", "auditor", "--attributes=objectSid"]).unwrap();
    let sid = values(&shown, "objectSid").pop_first().unwrap();
    domain
        .ldapadd(&format!(
            "dn: {hidden}\nobjectClass: organizationalUnit\n\n\
             dn: CN=Secret,{hidden}\nobjectClass: user\nsAMAccountName: secret\nuserAccountControl: 544\n\n\
             dn: CN=Leaver,CN=Users,{ROOT}\nobjectClass: user\nsAMAccountName: leaver\nuserAccountControl: 544\n"
        ))
        .unwrap();
    let guid = |login: &str| {
        let ldif = domain.samba_tool(&["user", "show", login, "--attributes=objectGUID"]).unwrap();
        values(&ldif, "objectGUID").pop_first().unwrap()
    };
    let (secret, leaver) = (guid("secret"), guid("leaver"));
    domain.ldapmodify(&format!("dn: CN=Leaver,CN=Users,{ROOT}\nchangetype: delete\n")).unwrap();
    domain.set_access(&hidden, &format!("(D;CI;LCLORP;;;{sid})")).unwrap();
    let mut auditor = Setup::new(domain).with("username", "auditor@ad.example.test");
    auditor.password = AUDITOR_PASSWORD.to_owned();
    let ask = async |setup: &Setup, id: &str| {
        let lookups = LookupRequest {
            external_id: ExternalId::new(id),
            stable_id: Some(StableId::new(format!("objectGUID:{id}"))),
            reference: None,
        };
        let answers = setup.directory().look_up(std::slice::from_ref(&lookups)).await.unwrap();
        answers[&lookups.external_id].clone()
    };
    let there = Some(format!("CN=Secret,{hidden}"));
    assert_eq!(ask(&Setup::new(domain), &secret).await, Presence::Found { at: there });
    assert_eq!(ask(&Setup::new(domain), &leaver).await, Presence::NotFound);
    assert_right_is_missing(&ask(&auditor, &leaver).await, "auditor@ad.example.test");
    assert_right_is_missing(&ask(&auditor, &secret).await, "auditor@ad.example.test");

    domain.set_access(&format!("CN=Deleted Objects,{ROOT}"), &format!("(A;CI;LCLORP;;;{sid})")).unwrap();
    assert_eq!(ask(&auditor, &leaver).await, Presence::NotFound, "found among the deleted");
    assert_eq!(ask(&auditor, &secret).await, Presence::Hidden(HiddenBecause::NotAmongDeleted));
}
