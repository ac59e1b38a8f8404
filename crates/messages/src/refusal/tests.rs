//! What a refusal says and advises.

use super::*;

#[test]
fn what_earlier_runs_did_is_told_from_what_this_one_would_do() {
    let refused = [
        Refusal::TooManyRemovals {
            planned: 12,
            allowed: 5,
            managed: 100,
            earlier: 10,
            hours: 24,
            needed: RemovalLimits::default(),
        },
        Refusal::TooManyGroups { planned: 4, allowed: 3, earlier: 1 },
    ];
    assert_eq!(
        paragraphs(&refused),
        [
            "12 of 100 managed members would lose access within a day. The limit is 5. Of these 12, 10 are from earlier runs \
             and 2 from this one.",
            "4 groups would be left without members or deleted. The limit is 3. Of these 4, 1 is from earlier runs and 3 from \
             this one.",
        ]
    );
}

#[test]
fn a_limit_is_about_the_time_that_is_set() {
    let refusal = |hours| Refusal::TooManyMemberships { planned: 30, allowed: 20, earlier: 0, hours };
    for (hours, said) in [
        (0, "30 memberships would end in one run. The limit is 20."),
        (1, "30 memberships would end within 1 hour. The limit is 20."),
        (24, "30 memberships would end within a day. The limit is 20."),
        (48, "30 memberships would end within 48 hours. The limit is 20."),
    ] {
        assert_eq!(message(&refusal(hours)), said);
    }
}

#[test]
fn a_refusal_names_the_numbers_and_each_step_stands_once() {
    let refused = [
        Refusal::TooManyRemovals {
            planned: 12,
            allowed: 5,
            managed: 100,
            earlier: 0,
            hours: 24,
            needed: RemovalLimits { removals: None, removals_percent: Some(12) },
        },
        Refusal::GroupEmptied { group: "Staff".to_owned(), before: 1, lost: 1, earlier: 0 },
    ];
    assert_eq!(
        refusals(&refused, Stage::Plan, &CommandLine::default()),
        [
            "12 of 100 managed members would lose access within a day. The limit is 5.",
            "The group `Staff` would lose 1 of 1 member, more than `limits.group-percent` allows.",
            "If this is intended, run `bwdc sync`, then `bwdc approve`. To allow 12 people in every run, run `bwdc config set \
             limits.removals-percent 12`. To allow more in every run, run `bwdc config set limits.group-percent <value>`.",
        ]
    );
}

/// Changing the other limit would change nothing: the smaller counts.
#[test]
fn the_limit_that_is_in_the_way_is_named_with_what_it_has_to_be() {
    for (removals, removals_percent, advice) in [
        (Some(12), None, "To allow 12 people in every run, run `bwdc config set limits.removals 12`."),
        (None, Some(7), "To allow 12 people in every run, run `bwdc config set limits.removals-percent 7`."),
        (
            Some(12),
            Some(7),
            "To allow 12 people in every run, run `bwdc config set limits.removals 12`. And because the smaller of the two \
             limits counts, run `bwdc config set limits.removals-percent 7`.",
        ),
        // Records of earlier versions do not tell.
        (
            None,
            None,
            "To allow more people in every run, run `bwdc config set limits.removals <value>`. And because the smaller of \
             the two limits counts, run `bwdc config set limits.removals-percent <value>`.",
        ),
    ] {
        let needed = RemovalLimits { removals, removals_percent };
        for refusal in [
            Refusal::TooManyRemovals { planned: 12, allowed: 8, managed: 180, earlier: 0, hours: 24, needed },
            Refusal::TooManyReplacedPeople { planned: 12, allowed: 8, needed },
        ] {
            assert_eq!(
                CommandLine::default().sentences(&steps(&[refusal], Stage::Run(Some(3)))),
                format!("If this is intended, run `bwdc approve 3`. {advice}")
            );
        }
    }
}

#[test]
fn where_addresses_come_from_is_named_by_what_counts() {
    let lost = |source, settings: &[&str]| Refusal::AddressesLost {
        lost: 9,
        allowed: 3,
        managed: 62,
        source,
        settings: settings.iter().map(|it| (*it).to_owned()).collect(),
    };
    let begin = "9 of 62 managed members had an address at the last sync and have none in the directory now. The limit is 3.";
    let composed = ["ldap.email-attributes", "sync.emailPrefixAttribute", "sync.emailSuffix"];
    let of_hr = lost(SourceName::new("hr"), &composed);
    for (refusal, check) in [
        (
            &lost(SourceName::primary(), &["sync.userEmailAttribute"]),
            "Check where addresses come from in the directory: `sync.userEmailAttribute`.",
        ),
        (
            &of_hr,
            "Check where addresses come from in source `hr`: `ldap.email-attributes`, `sync.emailPrefixAttribute`, `sync.emailSuffix`.",
        ),
        (&lost(SourceName::primary(), &[]), "Check the addresses in the directory."),
    ] {
        assert_eq!(message(refusal), format!("{begin} {check}"));
    }
    assert_eq!(
        CommandLine::default().sentences(&steps(&[of_hr], Stage::Plan)),
        "If this is intended, run `bwdc sync`, then `bwdc approve`. To take addresses from elsewhere, run `bwdc config set \
         --source hr ldap.email-attributes <value>`, `bwdc config set --source hr sync.emailPrefixAttribute <value>` or `bwdc \
         config set --source hr sync.emailSuffix <value>`."
    );
    let settings = vec!["sync.userEmailAttribute".to_owned()];
    let empty = Refusal::EmptyDirectory { source: SourceName::primary(), managed: 7, listed: 40, settings };
    assert_eq!(
        message(&empty),
        "The directory lists 40 people, nobody with an address that can be used, and the organization has 7 managed members \
         from it. Check where addresses come from in the directory: `sync.userEmailAttribute`."
    );
}

/// No base and no filter is to blame where nothing is asked for.
#[test]
fn a_first_run_that_syncs_nothing_is_told_by_its_settings() {
    let refusal = Refusal::FewFound { found: 0, members: 40, percent: 50, nothing_synced: true };
    assert_eq!(
        super::refusal(&refusal, Stage::Run(Some(3))),
        "This first run finds 0 of 40 members who have ids of this directory, less than 50 %: neither people nor groups are synced \
         (`sync.users` and `sync.groups` are false). If this is intended, run `bwdc approve 3`. To sync people, run `bwdc config set \
         sync.users true`. To sync groups, run `bwdc config set sync.groups true`."
    );
}
