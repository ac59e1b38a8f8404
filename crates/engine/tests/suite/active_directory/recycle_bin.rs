//! The Recycle Bin: what was deleted before it was switched on is shown to those only who ask for what it let go of.

use crate::active_directory::following::Following;
use crate::active_directory::setup::Setup;
use bwdc_harness::samba::Domain;

/// The last check of a domain, since nothing switches the Recycle Bin off again.
pub(crate) async fn a_domain_is_still_followed(domain: &Domain) {
    domain.enable_recycle_bin().unwrap();
    let mut following = Following::new(domain, Setup::new(domain));
    assert_eq!(following.follow().await, None, "the first read is a full one, and keeps a snapshot cache");
}
