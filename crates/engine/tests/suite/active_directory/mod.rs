//! The LDAP source against a Samba domain controller, counted against what Samba's own tools say.
//!
//! One domain of 3,000 people serves every check, one after the other: making it takes most of the time.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is how a test speaks, its helpers included"
)]

mod binds;
mod data;
mod following;
mod look_up;
mod odd;
mod random;
mod recycle_bin;
mod setup;
mod whole;

use bwdc_harness::samba::Domain;

#[tokio::test]
#[ignore = "needs root and Samba: `scripts/test samba`"]
async fn a_domain_of_three_thousand() {
    let domain = Domain::start().unwrap();
    data::load(&domain);
    binds::every_form_of_name_binds_over_both_kinds_of_tls(&domain).await;
    binds::refusals_are_explained(&domain).await;
    whole::people_are_those_of_the_domain(&domain).await;
    whole::groups_are_those_of_the_domain(&domain).await;
    whole::a_group_arrives_whole_by_ranges(&domain).await;
    whole::members_and_accounts_beyond_the_lists_are_noticed(&domain).await;
    whole::the_whole_domain_is_read_past_its_references(&domain).await;
    whole::an_empty_path_is_the_root_and_the_root_counts_from_its_first_dc(&domain).await;
    whole::the_global_catalog_says_the_same(&domain).await;
    look_up::gone_is_told_from_moved(&domain).await;
    look_up::hidden_is_told_from_deleted(&domain).await;
    following::changes_are_read_by_a_few_entries(&domain).await;
    following::who_expires_by_the_clock_alone_leaves(&domain).await;
    random::changes_are_followed(&domain).await;
    following::another_controller_or_the_global_catalog_is_a_full_read(&domain).await;
    following::who_cannot_see_deleted_entries_reads_in_full(&domain).await;
    following::who_is_not_shown_changes_reads_in_full(&domain).await;
    following::whose_state_is_not_shown_is_set_aside(&domain).await;
    odd::odd_things_are_read_as_of_other_servers(&domain).await;
    whole::deleted_people_keep_their_id(&domain).await;
    recycle_bin::a_domain_is_still_followed(&domain).await;
}
