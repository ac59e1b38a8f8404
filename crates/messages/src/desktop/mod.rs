//! The words of the desktop app: its labels, and the sentences that only a window says.

mod labels;
mod lines;

pub use labels::{LABELS, label};
pub use lines::{
    Left, PlanPart, RowSign, RowText, RowTone, action_row, finding_row, people_left_out, plan_rows,
    repair_row, run_row,
};

use crate::{history, text};
use bwdc_core::plan::{Evidence, Refusal, Verdict};
use bwdc_core::settings::DirectoryKind;
use bwdc_engine::Planned;
use bwdc_engine::event::{Event, Phase, RunEvent};
use bwdc_engine::ledger::{RunOutcome, RunRecord};
use bwdc_engine::paths::ProfileName;
use std::path::Path;

/// What a run is at, in a line; None: nothing new to say.
pub fn running(event: &RunEvent) -> Option<String> {
    Some(match (&event.event, event.phase) {
        (Event::Began, Phase::Preparation) => text!("running.preparation", "Reading the settings"),
        (Event::Began, Phase::Directory) => text!("running.directory", "Reading the directory"),
        (Event::Began, Phase::Organization) => text!("running.organization", "Reading the organization"),
        (Event::Began, Phase::Settling) => {
            text!("running.settling", "Waiting for an earlier import to end")
        }
        (Event::Began, Phase::Lookup) => {
            text!("running.lookup", "Asking the directory for people who are missing")
        }
        (Event::Began, Phase::Sending) => text!("running.sending", "Sending changes"),
        (Event::Began, Phase::Verification) => text!("running.verification", "Reading the organization back"),
        (event, _) => return crate::progress::event(event),
    })
}

/// How much of its phase a run has done, from 0 to 1, where that is known.
pub fn part(event: &RunEvent) -> Option<f32> {
    let share = |done: usize, of: usize| (of > 0).then(|| done as f32 / of as f32);
    match event.event {
        Event::Observing { done, of } => share(done, of),
        Event::Sending { number, of } => share(number.saturating_sub(1), of),
        _ => None,
    }
}

/// What the last runs came to.
pub fn runs(runs: &[RunRecord]) -> String {
    let number = runs.len();
    let failed = runs.iter().filter(|it| matches!(it.outcome, Some(RunOutcome::Failed))).count();
    let refused = runs.iter().filter(|it| matches!(it.outcome, Some(RunOutcome::Refused))).count();
    if number == 0 {
        return text!(
            "desktop-runs.none",
            "No run yet. Test first: it shows whom a sync would bring over, and sends nothing."
        );
    }
    if number == 1 {
        return text!(
            "desktop-runs.one",
            "One run so far: {outcome}. The height is the number of changes.",
            outcome = history::outcome(&runs[0])
        );
    }
    text!(
        "desktop-runs.some",
        "The last {number:run/runs}: {failed} failed, {refused} refused. The height is the number of changes.",
        number,
        failed,
        refused
    )
}

/// The kind of directory, as administrators call it.
pub fn directory(kind: Option<DirectoryKind>) -> String {
    kind.map_or_else(|| text!("desktop-directory.none", "not chosen"), |it| it.name().to_owned())
}

/// Which profile it is.
pub fn profile(name: &ProfileName) -> String {
    text!("desktop-profile.name", "Profile {name}", name = name.as_str())
}

/// An interval in minutes.
pub fn interval(minutes: i64) -> String {
    text!("desktop-say.interval", "{minutes:minute/minutes}", minutes)
}

/// That something has not happened yet.
pub fn never() -> String {
    text!("desktop-say.never", "never")
}

/// That the next run is due.
pub fn due_now() -> String {
    text!("desktop-say.due", "now")
}

/// That automatic sync is off.
pub fn not_scheduled() -> String {
    text!("desktop-say.not-scheduled", "not scheduled")
}

/// That an interval stops automatic sync.
pub fn interval_too_short() -> String {
    text!("desktop-say.no-interval", "not scheduled: the interval is not at least 5 minutes")
}

/// As whom the installation is signed in.
pub fn signed_in(client_id: &str) -> String {
    text!("desktop-say.signed-in", "Signed in as {client_id}", client_id)
}

/// Which server is meant.
pub fn server(api: &str) -> String {
    text!("desktop-say.server", "Server: {api}", api)
}

/// What is wrong with what was typed at the sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInProblem {
    /// No client id.
    IdMissing,
    /// That of a person, or something else.
    IdNotOfAnOrganization,
    /// No secret.
    SecretMissing,
    /// The id after `organization.` is none.
    IdMalformed,
}

/// That in a sentence.
pub fn sign_in_problem(problem: SignInProblem) -> String {
    match problem {
        SignInProblem::IdMissing => text!("desktop-sign-in.id", "Enter the client ID of the organization."),
        SignInProblem::IdNotOfAnOrganization => text!(
            "desktop-sign-in.kind",
            "This is not the key of an organization: its client ID begins with `organization.`"
        ),
        SignInProblem::SecretMissing => text!("desktop-sign-in.secret", "Enter the client secret."),
        SignInProblem::IdMalformed => text!(
            "desktop-sign-in.form",
            "A client ID is `organization.` and 36 characters, such as `organization.1b2c…`. Copy it again."
        ),
    }
}

/// Addresses that follow from what was typed.
pub fn effective_urls(api: &str, identity: &str) -> String {
    text!("desktop-server.effective", "API: {api}, identity: {identity}", api, identity)
}

/// That a server answers.
pub fn server_answers() -> String {
    text!("desktop-server.answers", "The server answers.")
}

/// How many settings were changed and not saved.
pub fn unsaved(changes: usize, errors: usize) -> String {
    match (changes, errors) {
        (0, _) => text!("desktop-unsaved.none", "Everything is saved."),
        (changes, 0) => text!("desktop-unsaved.some", "{changes:change is/changes are} not saved.", changes),
        (changes, errors) => text!(
            "desktop-unsaved.errors",
            "{changes:change is/changes are} not saved; {errors:value is/values are} not valid.",
            changes,
            errors
        ),
    }
}

/// That settings were saved.
pub fn saved(changes: usize) -> String {
    text!("desktop-say.saved", "Saved {changes:setting/settings}.", changes)
}

/// Where something was written.
pub fn written(path: &Path) -> String {
    text!("desktop-say.written", "Saved `{path}`.", path = path.display().to_string())
}

/// Whether to leave changed settings.
pub fn may_leave(changes: usize) -> String {
    text!(
        "desktop-say.leave",
        "{changes:change/changes} to the settings {changes|is/are} not saved. If you leave, {changes|it is/they are} lost.",
        changes
    )
}

/// What the cause of a kind of directory's change is: sync times and cursors go.
pub fn type_change() -> String {
    text!(
        "desktop-say.type-change",
        "Another kind of directory: the next sync reads everything again, and the first run removes nobody."
    )
}

/// That a value was changed by somebody else while it was edited here.
pub fn clash(label: &str, theirs: &str, ours: &str) -> String {
    text!(
        "desktop-say.clash",
        "`{label}` was changed elsewhere to `{theirs}`. Saving writes `{ours}`.",
        label,
        theirs,
        ours
    )
}

/// How many people and groups the read had, and would have.
pub fn narrower(before: (usize, usize), after: (usize, usize)) -> String {
    text!(
        "desktop-say.narrower",
        "The directory lists {people:person/people} and {groups:group/groups} today. With these settings it would list \
         {new_people:person/people} and {new_groups:group/groups}. Those who are missing then are leavers.",
        people = before.0,
        groups = before.1,
        new_people = after.0,
        new_groups = after.1
    )
}

/// That another number was typed.
pub fn other_number(number: usize) -> String {
    text!("desktop-approve.other", "The number is {number}.", number)
}

/// What a plan that is applied does.
pub fn may_apply(changes: usize, removals: usize) -> String {
    if removals == 0 {
        return text!(
            "desktop-apply.none",
            "{changes:change is/changes are} sent to the organization. Nobody loses access.",
            changes
        );
    }
    text!(
        "desktop-apply.some",
        "{changes:change is/changes are} sent to the organization. {removals:person loses/people lose} access.",
        changes,
        removals
    )
}

/// The version of the program.
pub fn version(version: &str) -> String {
    text!("desktop-say.version", "Version {version}", version)
}

/// That the interface failed and goes on.
pub fn interface_failed() -> String {
    text!(
        "desktop-say.panic",
        "The window met an error of its own and goes on. A run that is under way is not affected; details are in the log."
    )
}

/// How many checks failed.
pub fn examined(ok: usize, warnings: usize, failed: usize) -> String {
    text!(
        "desktop-say.examined",
        "{ok:check is/checks are} fine, {warnings:warning/warnings}, {failed} failed.",
        ok,
        warnings,
        failed
    )
}

/// That the value comes from the environment and cannot be changed here.
pub fn from_environment() -> String {
    text!("desktop-say.from-environment", "Set by an environment variable; it cannot be changed here.")
}

/// Where a secret is kept, or would be.
pub fn secret_place(place: Option<&str>, store: &str) -> String {
    match place {
        Some(place) => text!("desktop-secret.kept", "Kept in: {place}. Type to replace it.", place),
        None => text!("desktop-secret.new", "Will be kept in: {store}.", store),
    }
}

/// That a path that is not set stands for everything.
pub fn whole_domain() -> String {
    text!("desktop-say.whole-domain", "the whole domain")
}

/// That nothing was sent because nothing was to be sent.
pub fn nothing_changed() -> String {
    text!("desktop-sync.nothing", "Nothing to change: the organization is as the directory asks.")
}

/// What a sync brought over.
pub fn synced(changes: usize, people: usize, groups: usize) -> String {
    text!(
        "desktop-sync.done",
        "Synced. {changes:change/changes} sent; the directory lists {people:person/people} and {groups:group/groups}.",
        changes,
        people,
        groups
    )
}

/// How far an earlier run came that did not end.
pub fn unfinished(started: &str) -> String {
    text!(
        "desktop-say.unfinished",
        "The run that began {started} did not end. What it sent is recorded; the next run checks it and goes on.",
        started
    )
}

/// That the timer waits until the plan of a folder was seen that another program kept until now.
pub fn automatic_waits() -> String {
    text!(
        "desktop-say.automatic-waits",
        "Automatic sync is on in this folder, and has not run from here yet. Compare first: it goes on once you have seen the plan."
    )
}

/// What a plan comes to, in a line.
pub fn plan_summary(planned: &Planned) -> String {
    let totals = planned.plan.totals;
    let (changes, removals) = (planned.plan.changes.len(), planned.plan.removals().count());
    let counts = match planned.plan.scope().memberships.len() {
        0 => text!(
            "desktop-plan.counts",
            "{changes:change/changes}, {removals:person loses/people lose} access.",
            changes,
            removals
        ),
        memberships => text!(
            "desktop-plan.counts-and-memberships",
            "{changes:change/changes}, {removals:person loses/people lose} access, {memberships:membership in a group ends/memberships in groups end}.",
            changes,
            removals,
            memberships
        ),
    };
    let sizes = text!(
        "desktop-plan.sizes",
        "The directory lists {people:person/people} and {groups:group/groups}; the organization has {managed:managed member/managed \
         members}.",
        people = totals.people,
        groups = totals.groups,
        managed = totals.managed
    );
    let known = match planned.plan.evidence {
        Evidence::Live => String::new(),
        Evidence::Believed => text!(
            "desktop-plan.believed",
            " This server does not show its members: the plan goes by what earlier runs sent."
        ),
        Evidence::Unknown => text!(
            "desktop-plan.unknown",
            " This server does not show its members, and nothing is remembered of it."
        ),
    };
    let baseline = if planned.plan.baseline {
        text!("desktop-plan.baseline", " The first run removes nobody.")
    } else {
        String::new()
    };
    format!("{counts} {sizes}{known}{baseline}")
}

/// Whether a plan may be carried out.
pub fn plan_verdict(planned: &Planned) -> String {
    match &planned.verdict {
        Verdict::Go if planned.plan.is_empty() => text!("plan.nothing", "Nothing to do."),
        Verdict::Go => text!("desktop-plan.go", "Within the limits"),
        Verdict::Held(_) if planned.left.as_ref().is_none_or(|it| it.changes.is_empty()) => {
            text!("desktop-plan.held-all", "Held back: a sync carries out none of it")
        }
        Verdict::Held(_) => text!("desktop-plan.held", "Held back in part: a sync carries out the rest"),
        Verdict::Refused(_) => text!("desktop-plan.refused", "Refused: a sync would send nothing"),
    }
}

/// Why a plan is refused, one sentence each.
pub fn refused_lines(refusals: &[Refusal]) -> Vec<String> {
    refusals.iter().map(crate::refusal::message).collect()
}

/// Whom the server deletes on yes.
pub fn may_overwrite(people: &[String]) -> String {
    let number = people.len();
    text!(
        "desktop-say.overwrite",
        "`sync.overwriteExisting` is on, and the directory does not list {number:this member/these members}: {names}. On yes, the \
         server deletes {number|this member/all of them} from the organization.",
        number,
        names = crate::list::some(people)
    )
}

/// That no run has ended yet, and what the first one does.
pub fn first_run() -> String {
    text!(
        "desktop-line.first-run",
        "No run has ended yet. The first one removes nobody: it only notes who is in the organization. Look at its plan first."
    )
}

/// What becomes of a service that a window installs.
pub fn own_service() -> String {
    text!(
        "desktop-line.own-service",
        "From here it becomes this account's own service, which ends when the account signs out of the machine, unless \
         `loginctl enable-linger` lets it stay."
    )
}

/// How it becomes the machine's where the system does not ask for an administrator.
pub fn for_machine(folder: &Path) -> String {
    text!(
        "desktop-line.for-machine",
        "For the whole machine, an administrator runs `bwdc service install --from '{folder}'`.",
        folder = folder.display().to_string()
    )
}

/// That the system will ask.
pub fn asks_administrator() -> String {
    text!(
        "desktop-line.asks-administrator",
        "The system asks for an administrator, and a program of its own does this. The window gets no further rights."
    )
}

/// That a service would run what another account chose.
pub fn may_run_foreign(account: &str) -> String {
    text!(
        "desktop-line.may-run-foreign",
        "Another account chose the commands that are listed. The service would run them as `{account}`.",
        account
    )
}

/// Which step of how many.
pub fn step(step: usize, of: usize) -> String {
    text!("desktop-line.step", "Step {step} of {of}", step, of)
}
