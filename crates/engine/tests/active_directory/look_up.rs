//! Gone is said only when the domain says so.

use crate::data::{READER_PASSWORD, dn};
use crate::setup::{Setup, values};
use bwdc_core::names::{ExternalId, StableId};
use bwdc_core::observed::{Presence, Sought};
use bwdc_harness::samba::{Domain, ROOT};

pub(crate) async fn gone_is_told_from_moved(domain: &Domain) {
    let guid = |number: usize| {
        let ldif =
            domain.samba_tool(&["user", "show", &format!("u{number}"), "--attributes=objectGUID"]).unwrap();
        values(&ldif, "objectGUID").pop_first().unwrap()
    };
    let [moved, deleted, present] = [101, 102, 103].map(guid);
    domain
        .ldapmodify(&format!(
            "dn: {}\nchangetype: modrdn\nnewrdn: CN=Moved\ndeleteoldrdn: 1\nnewsuperior: OU=Left,{ROOT}\n\n\
             dn: {}\nchangetype: delete\n",
            dn(101),
            dn(102)
        ))
        .unwrap();
    let mut reader = Setup::new(domain).with("username", "reader@ad.example.test");
    reader.password = READER_PASSWORD.to_owned();
    for setup in [Setup::new(domain), reader] {
        let ids = [&moved, &deleted, &present];
        let sought = ids.map(|id| Sought {
            external_id: ExternalId::new(id.as_str()),
            stable_id: Some(StableId::new(format!("objectGUID:{id}"))),
        });
        let answers = setup.directory().look_up(&sought).await.unwrap();
        let answers = sought.map(|it| answers[&it.external_id].clone());
        assert_eq!(answers, [Presence::Found, Presence::NotFound, Presence::Found]);
    }
}
