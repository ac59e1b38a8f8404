//! The Recycle Bin: deleted entries keep what they held.

use crate::data::dn;
use crate::following::Following;
use crate::setup::{Setup, members};
use bwdc_core::desired::Desired;
use bwdc_core::names::{ExternalId, StableId};
use bwdc_core::observed::{Presence, Sought};
use bwdc_core::snapshot::AccountState;
use bwdc_harness::samba::Domain;

/// The last check of a domain, since nothing switches the Recycle Bin off again.
pub(crate) async fn deleted_people_keep_their_address(domain: &Domain) {
    const LEAVER: &str = "u200@example.test";
    domain.enable_recycle_bin().unwrap();
    let setup = Setup::new(domain);
    let mut following = Following::new(domain, Setup::new(domain));
    assert_eq!(following.follow().await, None);
    let before = setup.desired().await;
    assert!(members(&before, "Everybody").contains(LEAVER));
    let (id, _) = state(&before, LEAVER);

    domain.ldapmodify(&format!("dn: {}\nchangetype: delete\n", dn(200))).unwrap();
    let entries = following.follow().await;
    assert!(entries.is_some_and(|it| it <= 10), "{entries:?}");
    let after = setup.desired().await;
    assert_eq!(state(&after, LEAVER), (id.clone(), AccountState::Deleted));
    assert!(!members(&after, "Everybody").contains(LEAVER));
    assert_eq!(members(&after, "Everybody").len(), members(&before, "Everybody").len() - 1);

    let sought = Sought {
        external_id: ExternalId::new(id.as_str()),
        stable_id: Some(StableId::new(format!("objectGUID:{id}"))),
    };
    let answers = setup.directory().look_up(std::slice::from_ref(&sought)).await.unwrap();
    assert_eq!(answers[&sought.external_id], Presence::NotFound);
}

/// The id and the state of whoever has this address.
fn state(desired: &Desired, address: &str) -> (String, AccountState) {
    let has_address = |email| desired.text(email) == address;
    let person = desired.everybody().iter().find(|it| it.email.is_some_and(has_address)).unwrap();
    (desired.text(person.external_id).to_owned(), person.state)
}
