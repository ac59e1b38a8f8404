//! The history and the ledger, and saved plans.

use super::lock;
use super::sentence::{because, say};
use super::{setup, store};
use crate::list::some;
use crate::text;
use crate::{NextStep, Step};
use bwdc_engine::{HistoryError, PlanFileError};
use std::io::ErrorKind;

pub(super) fn message(error: &HistoryError) -> String {
    use HistoryError as E;
    match error {
        E::Setup(cause) => setup::message(cause),
        E::Lock(cause) => lock::message(cause),
        E::Ledger(cause) => store::of_ledger(cause),
        E::LedgerDamaged { path } => text!(
            "error.ledger-damaged",
            "The ledger `{path}` cannot be read.",
            path = path.display().to_string()
        ),
        E::NothingToApprove { run: Some(run) } => text!(
            "error.nothing-to-approve.run",
            "Run {run} was not refused, or is not in the history.",
            run = run.0
        ),
        E::NothingToApprove { run: None } => text!(
            "error.nothing-to-approve",
            "There is no refused run to approve. `plan` only shows what a sync would do; it is the sync that is refused."
        ),
        E::OnlyMended { run } => text!(
            "error.only-mended",
            "Run {run} was not refused by a limit, so approving it would not help: the cause has to be removed.",
            run = run.0
        ),
        E::NoAddress { typed } => {
            text!("error.not-an-address", "`{typed}` is not a valid e-mail address.", typed)
        }
        E::NoLedger => text!("error.no-run-yet", "There was no sync yet, so nobody waits."),
        E::NobodyWaits { address, waiting } => nobody_waits(address, waiting),
        E::CannotInviteAnew { address } => text!(
            "error.history.cannot-invite",
            "`{address}` cannot be invited again: Vaultwarden removes no membership by an import.",
            address
        ),
        E::NotDecided { address } => text!(
            "error.not-decided",
            "There is no approval for `{address}`, or a sync has carried it out.",
            address
        ),
        E::NothingToWithdraw { run: Some(run) } => text!(
            "error.nothing-to-withdraw.run",
            "Run {run} has no approval, or it has ended: an approval counts for 24 hours.",
            run = run.0
        ),
        E::NothingToWithdraw { run: None } => text!(
            "error.nothing-to-withdraw",
            "There is no approval to withdraw. An approval counts for 24 hours."
        ),
        E::NoSuchRun { run } => {
            text!("error.no-such-run", "Run {run} is not in the history.", run = run.0)
        }
    }
}

fn nobody_waits(address: &str, waiting: &[String]) -> String {
    let mut said =
        text!("error.history.nobody-waits", "Nobody waits for the membership of `{address}`.", address);
    if !waiting.is_empty() {
        said.push(' ');
        said.push_str(&text!(
            "error.history.others-wait",
            "{number:entry waits/entries wait} for the memberships of: {addresses}.",
            number = waiting.len(),
            addresses = some(waiting)
        ));
    }
    said
}

pub(super) fn steps(error: &HistoryError) -> Vec<NextStep> {
    use HistoryError as E;
    match error {
        E::Setup(cause) => setup::steps(cause),
        E::Lock(cause) => lock::steps(cause),
        E::Ledger(cause) => store::ledger_steps(cause),
        E::LedgerDamaged { .. } => vec![
            Step::Say(text!("step.ledger-backup", "Restore the file from a backup.")).into(),
            Step::run("sync").to(text!(
                "step.ledger-baseline",
                "If there is none, and a new ledger should be made that removes nobody"
            )),
        ],
        E::NoAddress { .. } => Vec::new(),
        E::CannotInviteAnew { .. } => say(text!(
            "step.invite-by-hand",
            "Remove the member in the web vault: the next sync invites the entry that waits."
        )),
        E::NoLedger | E::NotDecided { .. } | E::NobodyWaits { .. } => {
            vec![Step::run("plan").to(text!("step.who-waits", "To see who waits"))]
        }
        E::NothingToApprove { run: None } => {
            vec![Step::run("sync").to(text!("step.sync-first", "If what the plan shows is intended"))]
        }
        E::NothingToWithdraw { run: None } => Vec::new(),
        E::NothingToApprove { run: Some(_) }
        | E::NothingToWithdraw { run: Some(_) }
        | E::NoSuchRun { .. } => {
            vec![Step::run("history").to(text!("step.list-runs", "To list the runs"))]
        }
        E::OnlyMended { .. } => {
            vec![Step::run("plan").to(text!("step.what-is-in-the-way", "To see the cause"))]
        }
    }
}

pub(super) fn of_plan_file(error: &PlanFileError) -> String {
    let PlanFileError { path, source } = error;
    if is_no_plan(error) {
        return because(
            text!("error.no-plan-file", "`{path}` is not a saved plan", path = path.display().to_string()),
            Some(source),
        );
    }
    because(
        text!("error.plan-file", "Cannot read or write the plan `{path}`", path = path.display().to_string()),
        Some(source),
    )
}

/// Whether the file was read, and is damaged, something else, or of another version.
fn is_no_plan(error: &PlanFileError) -> bool {
    matches!(error.source.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof | ErrorKind::Other)
}

pub(super) fn plan_file_steps(error: &PlanFileError) -> Vec<NextStep> {
    if is_no_plan(error) {
        return vec![
            Step::run(format!("plan --out {}", error.path.display()))
                .to(text!("step.plan-again", "Nothing was sent. To make a plan again")),
        ];
    }
    say(text!(
        "step.plan-file",
        "Check the path, and that this account may read the file and write to its folder."
    ))
}
