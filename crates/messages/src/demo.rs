//! The story that `bwdc demo` tells.

use crate::text;
use bwdc_engine::{SyncReport, Verification};

/// The parts of the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chapter {
    /// What the directory holds.
    Test,
    /// What a sync would do.
    Plan,
    /// The first run.
    FirstSync,
    /// People come, go and change.
    Life,
    /// The second run.
    SecondSync,
    /// A run with nothing to do.
    ThirdSync,
}

/// Something that happens in the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening<'a> {
    /// Somebody joins.
    Joins {
        /// Address.
        who: &'a str,
        /// Name.
        group: &'a str,
    },
    /// Somebody leaves.
    Leaves {
        /// Name.
        who: &'a str,
    },
    /// Somebody has a new name.
    Renamed {
        /// The old name.
        who: &'a str,
        /// The new one.
        name: &'a str,
    },
    /// Somebody changes between groups.
    Moves {
        /// Name.
        who: &'a str,
        /// The group that is left.
        from: &'a str,
        /// The group that is joined.
        to: &'a str,
    },
}

/// Where directory and organization are.
pub fn introduction(directory: &str, entries: usize, suffix: &str, organization: &str) -> String {
    text!(
        "demo.introduction",
        "A directory      {directory}  {entries:entry/entries} under {suffix}\nAn organization  {organization}  open it in a \
         browser\nLeavers lose access and keep the membership: `[leavers] gone = \"revoke\"`.",
        directory,
        entries,
        suffix,
        organization
    )
}

/// The title of a chapter.
pub fn title(chapter: Chapter) -> String {
    match chapter {
        Chapter::Test => text!("demo.test", "1  bwdc test: what the directory holds"),
        Chapter::Plan => text!("demo.plan", "2  bwdc plan: what a sync would do, and nothing else"),
        Chapter::FirstSync => text!("demo.first-sync", "3  bwdc sync: the first run"),
        Chapter::Life => text!("demo.life", "4  Life goes on in the directory"),
        Chapter::SecondSync => text!("demo.second-sync", "5  bwdc sync: the second run"),
        Chapter::ThirdSync => text!("demo.third-sync", "6  bwdc sync: once more"),
    }
}

/// Who and what the directory holds.
pub fn counts(enabled: usize, disabled: usize, without_address: usize, groups: usize) -> String {
    text!(
        "demo.counts",
        "   {enabled:person/people} enabled, {disabled} disabled, {without} without an address, {groups:group/groups}",
        enabled,
        disabled,
        without = without_address,
        groups
    )
}

/// What happens in the directory.
pub fn happens(happening: Happening<'_>) -> String {
    match happening {
        Happening::Joins { who, group } => {
            text!("demo.joins", "   {who} joins and is added to {group}", who, group)
        }
        Happening::Leaves { who } => text!("demo.leaves", "   {who} leaves: the entry is deleted", who),
        Happening::Renamed { who, name } => {
            text!("demo.renamed", "   {who} is now {name}, with the same address", who, name)
        }
        Happening::Moves { who, from, to } => {
            text!("demo.moves", "   {who} moves from {from} to {to}", who, from, to)
        }
    }
}

/// What a run did.
pub fn report(report: &SyncReport) -> String {
    match &report.verification {
        Verification::NothingSent => text!("demo.nothing-sent", "   Nothing to do, nothing sent."),
        Verification::Verified | Verification::VerifiedExcept { .. } => text!(
            "demo.verified",
            "   {requests:request/requests} sent; the organization was read back and is as planned.",
            requests = report.requests
        ),
        Verification::SentNotVerified => text!("demo.not-verified", "   Sent, not verified."),
    }
}

/// That both sides agree, as counted on the organization's.
pub fn equal(people: usize, groups: usize, memberships: usize, others: usize) -> String {
    let equal = text!(
        "demo.equal",
        "   The organization equals the directory: {people:person/people}, {groups:group/groups}, \
         {memberships:membership/memberships}.",
        people,
        groups,
        memberships
    );
    if others == 0 {
        return equal;
    }
    let others = text!(
        "demo.others",
        "   {others:more member is/more members are} listed there: added by hand, or without access.",
        others
    );
    format!("{equal}\n{others}")
}

/// How to end it.
pub fn stays_open(organization: &str) -> String {
    text!(
        "demo.stays-open",
        "The organization's page stays open at {organization}\nCtrl-C ends the demo.",
        organization
    )
}

/// That it is over.
pub fn ended() -> String {
    text!("demo.ended", "The demo has ended.")
}
