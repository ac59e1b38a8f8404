//! A run, or a look at what a run would do, that did not do everything.

use super::lock;
use super::sentence::{say, sentence, with_causes};
use super::{ldap, organization, server, setup, store, web};
use crate::refusal;
use crate::text;
use crate::{NextStep, Step};
use bwdc_core::desired::DesiredError;
use bwdc_core::import::RefusedRecord;
use bwdc_core::plan::Refusal;
use bwdc_engine::directory::ReadError;
use bwdc_engine::{RunError, SyncReport, UnreadSource};

pub(super) fn message(error: &RunError) -> String {
    use RunError as E;
    match error {
        E::Setup(cause) => setup::message(cause),
        E::Lock(cause) => lock::message(cause),
        E::Ledger(cause) => store::of_ledger(cause),
        E::Directory(cause) => of_directory(cause),
        E::Source { name, source } => setup::of_source(name, &of_directory(source)),
        E::Cancelled => text!("error.cancelled", "The run was ended before it had done everything."),
        E::ImportUnderWay { people, groups } => text!(
            "error.import-under-way",
            "The server is still working on an import of an earlier run: {people:member/members} and {groups:group/groups} changed while this run waited. Nothing was imported, because two imports at once invite everybody twice.",
            people,
            groups
        ),
        E::Desired(cause) => desired(cause),
        E::Organization(cause) => server::of_organization(cause),
        E::MembersHidden { server } => text!(
            "error.members-hidden",
            "{server} does not show the members of the organization, although every server of its kind does. Nothing was sent.",
            server
        ),
        E::CannotRebuild => text!(
            "error.cannot-rebuild",
            "The ledger cannot be rebuilt, because this server does not show the organization."
        ),
        E::Held { refusals, done, other, .. } => run_held(refusals, *done, other.as_deref()),
        E::Refused { refusals, .. } => run_refused(refusals),
        E::PlanOfAnother { organization_id } => text!(
            "error.plan-of-another",
            "The plan was made for another organization, {organization_id}. Nothing was sent.",
            organization_id
        ),
        E::PlanChanged { missing, new } => text!(
            "error.plan-changed",
            "The directory or the organization changed since the plan was saved: {missing:change is/changes are} no longer needed, and {new:change is/changes are} new. Nothing was sent.",
            missing,
            new
        ),
        E::Apply(cause) | E::OrganizationAtFault(cause) => server::of_apply(cause),
        E::OverwriteRefused { error, people } => text!(
            "error.overwrite-refused",
            "{said}\nThe request would have deleted {number:member/members}: {names}. At least one of them has no master password; the server does not say who.",
            said = server::of_apply(error),
            number = people.len(),
            names = people.join(", ")
        ),
        E::ImportHeldBack { refusals } => text!(
            "error.import-held-back",
            "No import was sent: {reasons}",
            reasons = refusals.iter().map(refusal::message).collect::<Vec<_>>().join(" ")
        ),
        E::EndedAfterRefusals { records, error } => text!(
            "error.ended-after-refusals",
            "{error} Before that, the server did not accept {records}.",
            error = message(error),
            records = refused(records)
        ),
        E::RecordsRefused { records } => {
            text!("error.records-refused", "The server did not accept {records}.", records = refused(records))
        }
        E::NotDone { report, error } => not_done(report, error),
        E::NotTaken { left, sent } => text!(
            "error.not-taken",
            "The organization accepted {sent:change/changes}, but when it was read again {left:change was/changes were} still missing.",
            sent,
            left
        ),
        E::SourcesNotRead { sources } => unread(sources),
    }
}

pub(super) fn steps(error: &RunError) -> Vec<NextStep> {
    use RunError as E;
    match error {
        E::Setup(cause) => setup::steps(cause),
        E::Lock(cause) => lock::steps(cause),
        E::Ledger(cause) => store::ledger_steps(cause),
        E::Directory(cause) => directory_steps(cause),
        E::Source { name, source } => {
            directory_steps(source).into_iter().map(|it| it.of_source(name.as_str())).collect()
        }
        E::Cancelled => Vec::new(),
        E::ImportUnderWay { .. } => vec![
            Step::Say(text!(
                "step.import-under-way",
                "The next run waits again. If the server does not come to an end, look in its log, or restart it."
            ))
            .into(),
        ],
        E::Desired(cause) => desired_steps(cause),
        E::Organization(cause) => organization::steps(cause),
        E::MembersHidden { .. } => say(text!(
            "step.members-hidden",
            "Check whether a proxy or a firewall in front of the server blocks `/public/members`."
        )),
        E::CannotRebuild => vec![
            Step::run("login --observer")
                .to(text!("step.observer-for-rebuild", "On Vaultwarden, to give an owner's personal key")),
            Step::run("ledger purge").to(text!(
                "step.purge-for-rebuild",
                "Or, to clear the ledger so that the next run records who is there and removes nobody"
            )),
        ],
        E::Held { refusals, other, run, .. } => {
            let mut all = refusal::steps(refusals, refusal::Stage::Run(run.map(|it| it.0)));
            all.extend(other.iter().flat_map(|it| steps(it)));
            all
        }
        E::Refused { refusals, run } => refusal::steps(refusals, refusal::Stage::Run(run.map(|it| it.0))),
        E::PlanOfAnother { .. } => vec![new_plan(), sign_in_to_it()],
        E::PlanChanged { .. } => vec![new_plan()],
        E::Apply(cause) => organization::apply_steps(cause),
        E::OverwriteRefused { .. } => vec![
            Step::set("leavers.gone", "revoke")
                .to(text!("step.revoke-instead", "To take access from leavers and keep their memberships")),
            Step::set("sync.overwriteExisting", "false").to(text!("refusal.no-overwrite", "To sync without it")),
        ],
        E::OrganizationAtFault(_) => say(text!(
            "step.organization-at-fault",
            "The server fails on every part of the request alike, so no single person or group is the cause. Look in the server's log; on a Bitwarden server the cause is often an address or an external id that exists twice in the organization."
        )),
        E::ImportHeldBack { refusals } => refusal::steps(refusals, refusal::Stage::Run(None)),
        E::EndedAfterRefusals { error, .. } => steps(error),
        E::RecordsRefused { records } if records.iter().any(|it| organization::of_rule(&it.reason).is_some()) => {
            let mut rules: Vec<String> = records.iter().filter_map(|it| organization::of_rule(&it.reason)).collect();
            rules.dedup();
            rules.into_iter().flat_map(say).collect()
        }
        E::NotDone { error, .. } => steps(error),
        E::RecordsRefused { .. } => say(text!(
            "step.records-refused",
            "Correct what the server names, in the directory or in the organization, or leave them out with a filter. Everybody else was synced, and the next run tries again."
        )),
        E::NotTaken { .. } => vec![
            Step::run("plan").to(text!("step.what-is-left", "To see what is missing")),
            Step::Say(text!("step.next-run-tries", "The next run tries again.")).into(),
        ],
        E::SourcesNotRead { sources } => {
            let of_one = |it: &UnreadSource| {
                directory_steps(&it.error).into_iter().map(|step| step.of_source(it.name.as_str())).collect()
            };
            let mut steps: Vec<NextStep> = sources.iter().flat_map::<Vec<_>, _>(of_one).collect();
            steps.extend(say(text!(
                "step.sources-not-read",
                "Nothing was taken from the people of these directories, and the next run reads them again."
            )));
            steps
        }
    }
}

fn run_refused(refusals: &[Refusal]) -> String {
    // Scripts know this one from the official connector, alone on its line.
    if let [only @ Refusal::OverwriteWithLargeImport] = refusals {
        return refusal::message(only);
    }
    let mut lines = vec![text!("error.refused", "The run was refused, and nothing was sent.")];
    lines.extend(refusal::paragraphs(refusals));
    lines.join("\n")
}

/// How much was carried out, then what was not.
fn not_done(report: &SyncReport, error: &RunError) -> String {
    let what = message(error);
    // These say it themselves.
    if matches!(error, RunError::Held { .. } | RunError::NotTaken { .. }) {
        return what;
    }
    let done = report.done();
    text!("error.not-done", "{done:change was/changes were} carried out. {what}", done, what)
}

fn run_held(refusals: &[Refusal], done: usize, other: Option<&RunError>) -> String {
    let mut lines = vec![match done {
        0 => text!(
            "error.held-all",
            "No change was carried out: the limits held back everything that there is to do."
        ),
        _ => text!(
            "error.held",
            "{done:change was/changes were} carried out. The limits held back the rest.",
            done
        ),
    }];
    lines.extend(refusal::paragraphs(refusals));
    lines.extend(other.map(message));
    lines.join("\n")
}

pub(super) fn of_directory(error: &ReadError) -> String {
    match error {
        ReadError::Ldap(error) => ldap::message(error),
        ReadError::Web(error) => web::message(error),
        ReadError::Incomplete(_) => sentence(&with_causes(error)),
    }
}

pub(super) fn directory_steps(error: &ReadError) -> Vec<NextStep> {
    match error {
        ReadError::Ldap(error) => ldap::steps(error),
        ReadError::Web(error) => web::steps(error),
        ReadError::Incomplete(_) => Vec::new(),
    }
}

fn new_plan() -> NextStep {
    Step::run("plan --out FILE").to(text!("step.new-plan", "To save a new plan"))
}

fn sign_in_to_it() -> NextStep {
    Step::run("login").to(text!("step.plan-organization", "Or, to sign in to the organization of the plan"))
}

fn desired(error: &DesiredError) -> String {
    match error {
        DesiredError::DuplicateAddresses(_) => error.to_string(),
        DesiredError::DuplicateExternalId { first, second, external_id } => text!(
            "error.duplicate-external-id",
            "The entries `{first}` and `{second}` have the same external id, `{external_id}`.",
            first,
            second,
            external_id
        ),
    }
}

fn desired_steps(error: &DesiredError) -> Vec<NextStep> {
    match error {
        DesiredError::DuplicateAddresses(_) => vec![
            Step::Say(text!(
                "step.duplicate-addresses",
                "Correct the address of all but one of the entries, or leave entries out with `sync.userFilter`."
            ))
            .into(),
            Step::change("conflicts.same-address").to(text!("step.same-address", "Or, to choose what happens")),
            Step::change("conflicts.across-sources")
                .to(text!("step.across-sources", "If the entries are in different sources")),
        ],
        DesiredError::DuplicateExternalId { .. } => vec![
            Step::Say(text!(
                "step.duplicate-external-id",
                "Leave one of the entries out with a filter, or correct its id in the directory."
            ))
            .into(),
            Step::change("conflicts.same-group")
                .to(text!("step.same-group", "For groups of several sources, to choose what happens")),
        ],
    }
}

fn refused(records: &[RefusedRecord]) -> String {
    const SHOWN: usize = 5;
    let one = |it: &RefusedRecord| {
        let (name, external_id) = (&it.name, it.external_id.as_str());
        let reason = it.reason.trim_end_matches('.');
        if it.is_group {
            text!(
                "error.refused-group",
                "group `{name}` ({external_id}): {reason}",
                name,
                external_id,
                reason
            )
        } else {
            text!("error.refused-person", "`{name}` ({external_id}): {reason}", name, external_id, reason)
        }
    };
    let mut text = records.iter().take(SHOWN).map(one).collect::<Vec<_>>().join("; ");
    if records.len() > SHOWN {
        let more = records.len() - SHOWN;
        text.push_str(&text!("error.refused-more", "; and {more} more", more));
    }
    text
}

fn unread(sources: &[UnreadSource]) -> String {
    let one = |UnreadSource { name, error }: &UnreadSource| {
        let reason = with_causes(error.as_ref());
        let reason = reason.trim_end_matches('.');
        if name.is_primary() {
            text!("error.first-source-not-read", "The first source could not be read: {reason}.", reason)
        } else {
            text!(
                "error.source-not-read",
                "Source `{name}` could not be read: {reason}.",
                name = name.as_str(),
                reason
            )
        }
    };
    sources.iter().map(one).collect::<Vec<_>>().join(" ")
}
