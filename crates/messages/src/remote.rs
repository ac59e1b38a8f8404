//! What the service of a machine answers, read back into what a front end shows: the data that its host makes of runs,
//! settings and profiles. What a later version says besides is left out.

use crate::setting::origin;
use crate::{Condition, ErrorKind, ErrorText, NextStep, Step, service, text};
use bwdc_core::names::Timestamp;
use bwdc_core::plan::{ApprovalScope, Refusal};
use bwdc_core::settings::Setting;
use bwdc_engine::clock::from_iso;
use bwdc_engine::ledger::{Counts, RecordedAction, RunId, RunOutcome, RunRecord, Trigger};
use bwdc_engine::paths::Platform;
use bwdc_engine::secrets::SecretPlace;
use bwdc_engine::service::{AskError, Reply};
use bwdc_engine::{ApprovalState, Entry, Happened, HistoryEntry, Origin, RefusedRun, SinceRefused};
use serde_json::Value;

/// A profile of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteProfile {
    /// Its name.
    pub name: String,
    /// As whom it is signed in.
    pub client_id: Option<String>,
    /// When its next run is due; None: none starts by itself.
    pub next: Option<Timestamp>,
}

/// The profiles of a service, of its answer about its status.
pub fn profiles(status: &Value) -> Vec<RemoteProfile> {
    let one = |it: &Value| {
        Some(RemoteProfile {
            name: it.get("profile")?.as_str()?.to_owned(),
            client_id: words(it, "clientId"),
            next: time(it, "nextRun"),
        })
    };
    list(status, "profiles").filter_map(one).collect()
}

/// The latest runs, of an answer about the history.
pub fn runs(history: &Value) -> Vec<RunRecord> {
    list(history, "data").filter_map(record).collect()
}

/// A run with what it did, of an answer about one run.
pub fn run(answer: &Value) -> Option<(RunRecord, Vec<HistoryEntry>)> {
    let entry = |it: &Value| {
        Some(HistoryEntry::of(RecordedAction {
            action: it.get("action")?.as_str()?.to_owned(),
            subject: words(it, "subject").unwrap_or_default(),
            cause: it.get("change").cloned().unwrap_or_default(),
        }))
    };
    Some((record(answer)?, list(answer, "actions").filter_map(entry).collect()))
}

/// A refused run with whose access is in question, of what the service says of the run and of its profiles; None: no approval is
/// pending there for it.
pub fn refused_run(record: &RunRecord, entries: &[HistoryEntry], status: &Value) -> Option<RefusedRun> {
    let mut pending = list(status, "profiles").filter_map(|it| it.get("pendingApproval"));
    let pending = pending.find(|it| it.get("run").and_then(Value::as_i64) == Some(record.id.0))?;
    let scope: ApprovalScope = serde_json::from_value(pending.get("scope")?.clone()).ok()?;
    let name = |entry: &HistoryEntry| {
        let about = entry.json.get("person").or_else(|| entry.json.get("group"))?;
        Some((words(about, "externalId")?, entry.subject.clone()))
    };
    let names = entries.iter().filter_map(name).collect();
    Some(RefusedRun {
        record: record.clone(),
        entries: entries.to_vec(),
        scope,
        names,
        approval: ApprovalState::Missing,
        since: SinceRefused::default(),
    })
}

/// What refused a run.
pub fn refusals(entries: &[HistoryEntry]) -> Vec<Refusal> {
    let refused = entries.iter().filter_map(|it| match &it.what {
        Happened::Refused(refusal) => Some(refusal.clone()),
        Happened::Change { .. } | Happened::Failed { .. } => None,
    });
    refused.collect()
}

/// How far the approval counts that somebody gave through the service.
pub fn approval(entries: &[HistoryEntry], now: Timestamp) -> ApprovalState {
    let approved = entries.iter().rev().find(|it| it.action == "approved");
    ApprovalState::of(approved.and_then(|it| time(&it.json, "at")), now)
}

/// All settings, of an answer about them.
pub fn entries(settings: &Value) -> Vec<Entry> {
    let one = |it: &Value| {
        let setting = Setting::find(it.get("name")?.as_str()?)?;
        let value = it.get("value").cloned().unwrap_or_default();
        let said = words(it, "origin").unwrap_or_default();
        let known = origins(setting).find(|it| origin(setting, *it) == said);
        let fallback = if value.is_null() { Origin::Default } else { Origin::Set };
        Some(Entry { setting, value, origin: known.unwrap_or(fallback) })
    };
    list(settings, "settings").filter_map(one).collect()
}

/// What a question came to nothing for, as an error of the service's own words.
pub fn refused(reply: &Reply) -> Option<ErrorText> {
    let refusal = reply.error.as_ref()?;
    let kind = ErrorKind::ALL.into_iter().find(|it| it.name() == refusal.kind);
    let condition = match kind {
        Some(ErrorKind::Refused) => Condition::Refused,
        Some(ErrorKind::Directory) => Condition::DirectoryNotRead,
        Some(ErrorKind::Busy) => Condition::Busy,
        _ => Condition::Other,
    };
    let message = match refusal.kind.as_str() {
        "profile" => text!(
            "remote.no-profile",
            "The service has no profile `{name}`.",
            name = refusal.message.as_str()
        ),
        _ => refusal.message.clone(),
    };
    Some(ErrorText {
        kind: kind.unwrap_or(ErrorKind::Settings),
        condition,
        message,
        next_steps: refusal.hint.iter().map(|it| Step::Say(it.clone()).into()).collect(),
        official: false,
    })
}

/// That the service did not answer, and what to do.
pub fn silent(error: &AskError) -> ErrorText {
    ErrorText {
        kind: ErrorKind::Settings,
        condition: Condition::ServiceSilent,
        message: service::no_answer(error),
        next_steps: service::steps(error),
        official: false,
    }
}

/// That something is not done through the service, and where it is done.
pub fn not_through_it(command: &str, platform: Platform) -> ErrorText {
    let on_windows = || {
        text!(
            "remote.as-administrator",
            "Run it on this machine as an administrator, with `BITWARDENCLI_CONNECTOR_APPDATA_DIR` set to the folder of the service: `{command}`",
            command
        )
    };
    let as_account = || {
        text!(
            "remote.as-its-account",
            "Run it on this machine as the account of the service: `sudo -u bwdc env BITWARDENCLI_CONNECTOR_APPDATA_DIR=/var/lib/bwdc/data {command}`",
            command
        )
    };
    let on_the_machine = if platform == Platform::Windows { on_windows() } else { as_account() };
    ErrorText {
        kind: ErrorKind::Settings,
        condition: Condition::OfService,
        message: text!(
            "remote.not-through-it",
            "The service of this machine keeps this profile and its secrets. Keys, secrets and the guided set-up do not go through its \
             socket, and neither do checks and repairs."
        ),
        next_steps: vec![NextStep::from(Step::Say(on_the_machine))],
        official: false,
    }
}

/// That the wait for the service was ended, which its run was not.
pub fn left_alone() -> ErrorText {
    ErrorText {
        kind: ErrorKind::Interrupted,
        condition: Condition::Ended,
        message: text!(
            "remote.left-alone",
            "The answer is not waited for any more. The service goes on with what was begun."
        ),
        next_steps: vec![Step::run("history").to(text!("remote.see", "To see what came of it"))],
        official: false,
    }
}

/// Whose the profile is, for the head of a screen.
pub fn kept_by_service() -> String {
    text!(
        "remote.kept",
        "The service of this machine keeps this profile: what is chosen here, it carries out."
    )
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn words(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

fn time(value: &Value, name: &str) -> Option<Timestamp> {
    from_iso(value.get(name)?.as_str()?)
}

fn record(run: &Value) -> Option<RunRecord> {
    let outcome = words(run, "outcome")?;
    Some(RunRecord {
        id: RunId(run.get("id")?.as_i64()?),
        trigger: Trigger::read(run.get("startedBy")?.as_str()?).unwrap_or_default(),
        started_at: time(run, "startedAt")?,
        finished_at: time(run, "finishedAt"),
        outcome: RunOutcome::ALL.into_iter().find(|it| it.name() == outcome),
        counts: run
            .get("counts")
            .cloned()
            .and_then(|it| serde_json::from_value::<Counts>(it).ok())
            .unwrap_or_default(),
    })
}

/// Where a value of a setting can come from.
fn origins(setting: &'static Setting) -> impl Iterator<Item = Origin> {
    const PLACES: [SecretPlace; 7] = [
        SecretPlace::Plaintext,
        SecretPlace::Keychain,
        SecretPlace::EncryptedFile,
        SecretPlace::Variable,
        SecretPlace::File,
        SecretPlace::Command,
        SecretPlace::Elsewhere,
    ];
    let secret = PLACES.into_iter().map(Origin::Secret).filter(|_| setting.is_secret());
    [Origin::Default, Origin::Set, Origin::Variable].into_iter().chain(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{history, setting};
    use serde_json::json;

    #[test]
    fn what_the_host_says_of_a_run_is_read_back_as_it_was() {
        for outcome in [None, Some(RunOutcome::Complete), Some(RunOutcome::Refused)] {
            let run = RunRecord {
                id: RunId(7),
                trigger: Trigger::read("console").expect("a front end"),
                started_at: Timestamp(1_764_175_200_000),
                finished_at: outcome.map(|_| Timestamp(1_764_175_201_500)),
                outcome,
                counts: [("invite".to_owned(), 3)].into_iter().collect(),
            };
            let told = history::table_data(std::slice::from_ref(&run));
            assert_eq!(runs(&told), [run]);
        }
        assert!(runs(&json!({ "data": [{ "id": "seven" }] })).is_empty());
    }

    #[test]
    fn what_refused_a_run_and_who_approved_it_are_read_back() {
        let refusal = Refusal::TooManyRemovals {
            planned: 12,
            allowed: 5,
            managed: 100,
            earlier: 0,
            hours: 24,
            needed: bwdc_core::plan::RemovalLimits::default(),
        };
        let answer = json!({
            "id": 13, "startedBy": "schedule", "startedAt": "2025-11-26T16:40:00.000Z", "outcome": "refused",
            "actions": [
                { "action": "refused", "subject": "", "change": serde_json::to_value(&refusal).expect("JSON") },
                { "action": "approved", "subject": "ann", "change": { "cause": "approved", "at": "2025-11-26T17:00:00.000Z" } },
            ],
        });
        let (record, entries) = run(&answer).expect("a run");
        assert!(record.trigger.scheduled && record.is_refused());
        assert_eq!(refusals(&entries), [refusal]);
        let at = from_iso("2025-11-26T17:00:00.000Z").expect("a time");
        assert!(matches!(approval(&entries, at), ApprovalState::Counts { .. }));
        assert_eq!(approval(&entries[..1], at), ApprovalState::Missing);
    }

    #[test]
    fn whose_access_is_in_question_is_told_by_address() {
        let person = json!({ "person": { "externalId": "cn=ada" }, "cause": "gone" });
        let answer = json!({
            "id": 13, "startedBy": "schedule", "startedAt": "2025-11-26T16:40:00.000Z", "outcome": "refused",
            "actions": [{ "action": "revoke", "subject": "ada@example.test", "change": person }],
        });
        let (record, entries) = run(&answer).expect("a run");
        let mut scope = ApprovalScope::default();
        scope.revoked.insert("cn=ada".to_owned());
        let scope = serde_json::to_value(&scope).expect("JSON");
        let of = |run: i64| json!({ "profiles": [{ "pendingApproval": { "run": run, "scope": scope } }] });
        let refused = refused_run(&record, &entries, &of(13)).expect("a refused run");
        let lines = crate::refused_run::lines(&refused, crate::plan::Extent::Whole);
        assert!(lines.iter().any(|it| it.text.contains("ada@example.test")), "{lines:?}");
        assert!(refused_run(&record, &entries, &of(12)).is_none(), "another run's");
    }

    #[test]
    fn settings_keep_their_values_and_where_they_come_from() {
        let of = |name: &str| Setting::find(name).expect("a setting");
        let told = [
            Entry { setting: of("ldap.hostname"), value: json!("dc1"), origin: Origin::Set },
            Entry { setting: of("ldap.port"), value: json!(636), origin: Origin::Variable },
            Entry { setting: of("sync.users"), value: json!(false), origin: Origin::Default },
            Entry {
                setting: of("ldap.password"),
                value: Value::Null,
                origin: Origin::Secret(SecretPlace::EncryptedFile),
            },
        ];
        let data: Vec<Value> = told.iter().map(setting::data).collect();
        assert_eq!(entries(&json!({ "settings": data })), told);
    }
}
