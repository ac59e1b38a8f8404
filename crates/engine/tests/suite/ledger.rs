//! `connector.db`: what is committed is read back, what is damaged is moved aside, what is newer is refused.

use bwdc_core::ledger::{
    Addresses, Choice, Decision, EntryKey, IntentState, LedgerState, ManagedGroup, ManagedPerson, Marks,
    Mended, MendedKind, Out, OutCause, RefusedBefore, RefusedKind, Seen, Waiting,
};
use bwdc_core::names::{Email, ExternalId, GroupId, MemberId, SourceName, StableId, Timestamp};
use bwdc_core::plan::ApprovalScope;
use bwdc_core::wire::Request;
use bwdc_engine::clock::Clock;
use bwdc_engine::ledger::{
    About, Counts, Ending, FrontEnd, Ledger, LedgerError, Opened, Outcome, RecordedAction, RunId, RunOutcome,
    SourcePlace, Trigger,
};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp(1_795_180_720_171);
const SCHEDULED: Trigger = Trigger { by: FrontEnd::Service, scheduled: true };
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Every fifth comes from a further source.
fn source(number: usize) -> SourceName {
    if number % 5 == 4 { SourceName::new("berlin") } else { SourceName::primary() }
}

fn person(number: usize) -> ManagedPerson {
    ManagedPerson {
        external_id: ExternalId::new(format!("cn=person {number},ou=people,dc=example,dc=test")),
        source: source(number),
        stable_id: Some(StableId::new(format!("entryUUID:{number:032}"))),
        reference: Some(format!("cn={number},ou=people")),
        email: Email::new(format!("person{number}@example.test")),
        revoked_by_us: false,
        out: None,
        member_id: number.is_multiple_of(2).then(|| MemberId::new(format!("m{number}"))),
        marks: Marks { number: Some(number.to_string()), name: Some(format!("Person {number}")) },
    }
}

fn group(number: usize, members: impl IntoIterator<Item = usize>) -> ManagedGroup {
    ManagedGroup {
        external_id: ExternalId::new(format!("cn=group {number},ou=groups,dc=example,dc=test")),
        source: source(number),
        stable_id: Some(StableId::new(format!("entryUUID:group{number}"))),
        reference: Some(format!("cn=group {number},ou=moved,dc=example,dc=test")),
        group_id: number.is_multiple_of(2).then(|| GroupId::new(format!("{number:032}"))),
        name: format!("Group {number}"),
        members: members.into_iter().map(|it| person(it).external_id).collect(),
        observed_at: Some(NOW),
    }
}

fn state(people: usize, groups: usize, members: usize) -> LedgerState {
    LedgerState {
        people: (0..people).map(person).collect(),
        groups: (0..groups)
            .map(|number| group(number, (0..members).map(|it| (number * 7 + it * 3) % people)))
            .collect(),
        open_intents: Vec::new(),
        baseline_taken: true,
        new_sources: Vec::new(),
        addresses: addresses(people),
        waiting: vec![ExternalId::new("first"), ExternalId::new("second")],
        without_address: vec![ExternalId::new("nameless")],
        decisions: Vec::new(),
        seen: vec![Seen {
            entry: EntryKey { source: SourceName::primary(), id: "id:printer".to_owned() },
            email: Email::new(""),
        }],
        mended: vec![Mended {
            kind: MendedKind::Group,
            id: "cn=g0".to_owned(),
            mark: "as it was".to_owned(),
            at: NOW,
        }],
        refused: vec![RefusedBefore {
            kind: RefusedKind::Restore,
            id: "m1".to_owned(),
            mark: "as it was".to_owned(),
            reason: "a policy".to_owned(),
            since: NOW,
            tried_at: NOW,
        }],
    }
}

/// Two for each third person, who has lost access.
fn addresses(people: usize) -> Addresses {
    let mut addresses = Addresses::default();
    for (number, known) in (0..people).map(|it| (it, person(it))) {
        addresses.note(&known.external_id, known.email.as_str(), number % 3 == 0);
        if number % 3 == 0 {
            addresses.note(&known.external_id, &format!("former.{number}@example.test"), false);
        }
    }
    addresses
}

fn new_ledger() -> (TempDir, PathBuf, Ledger) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("connector.db");
    let opened = Ledger::open(&path, Clock::System).expect("a local disk");
    assert!(matches!(opened, Opened::New(_)));
    (folder, path, opened.into_ledger())
}

fn reopen(path: &Path) -> Ledger {
    let opened = Ledger::open(path, Clock::System).expect("readable");
    assert!(matches!(opened, Opened::Existing(_)));
    opened.into_ledger()
}

fn commit_at(ledger: &mut Ledger, state: &LedgerState, now: Timestamp) -> RunId {
    let run = ledger.begin_run(now, Trigger::default()).expect("writable");
    ledger.commit(run, state, &ending(now, &Counts::new(), &[])).expect("writable");
    run
}

fn ending<'a>(now: Timestamp, counts: &'a Counts, actions: &'a [RecordedAction]) -> Ending<'a> {
    Ending { finished_at: now, outcome: RunOutcome::Complete, counts, actions }
}

fn revoke(id: &str) -> Request {
    Request::Revoke(MemberId::new(id))
}

#[test]
fn a_new_ledger_knows_nobody_and_its_file_is_the_owners() {
    let (_folder, path, ledger) = new_ledger();
    assert_eq!(ledger.state().expect("readable"), LedgerState::default());
    #[cfg(unix)]
    for entry in std::fs::read_dir(path.parent().expect("a folder")).expect("readable") {
        use std::os::unix::fs::PermissionsExt;
        let entry = entry.expect("readable");
        let mode = entry.metadata().expect("exists").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
    }
    drop(ledger);
    assert!(matches!(Ledger::open(&path, Clock::System).expect("readable"), Opened::Existing(_)));
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_tightened() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path, ledger) = new_ledger();
    drop(ledger);
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).expect("is ours");
    reopen(&path);
    assert_eq!(std::fs::metadata(&path).expect("exists").permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_is_committed_is_read_back_through_every_kind_of_difference() {
    let (_folder, path, mut ledger) = new_ledger();
    let mut now = state(12, 4, 5);
    commit_at(&mut ledger, &now, NOW);
    assert_eq!(ledger.state().expect("readable"), now);
    assert_eq!(ledger.known_entries().expect("readable"), 12);

    now.people[3].email = Email::new("renamed@example.test");
    now.people[4].revoked_by_us = true;
    now.people[4].out = Some(Out { cause: OutCause::Gone, since: Timestamp(5) });
    now.people[5].stable_id = None;
    now.people[6].reference = None;
    now.people.swap(0, 1);
    let left = now.people.remove(7);
    now.people.push(person(40));
    now.addresses.retain(|it| *it != left.external_id);
    now.addresses.note(&person(40).external_id, "person40@example.test", false);
    now.addresses.set_taken(&person(4).external_id, true, |_| true);
    now.groups[0].name = "Renamed".into();
    now.groups[0].observed_at = None;
    now.groups[1].members = now.groups[1].members.iter().rev().cloned().collect();
    now.groups[2].members = [].into();
    now.groups.remove(3);
    // A member whom we do not manage is remembered as a member all the same.
    now.groups.push(group(9, [40, 99]));
    now.baseline_taken = false;
    commit_at(&mut ledger, &now, NOW);
    assert_eq!(ledger.state().expect("readable"), now);
    drop(ledger);
    assert_eq!(reopen(&path).state().expect("readable"), now);
    assert_eq!(Ledger::peek(&path).expect("readable"), Some(now));

    let mut ledger = reopen(&path);
    commit_at(&mut ledger, &LedgerState::default(), NOW);
    assert_eq!(ledger.state().expect("readable"), LedgerState::default());
}

#[test]
fn nothing_of_a_person_who_is_not_managed_any_more_stays_in_the_file() {
    let (_folder, path, mut ledger) = new_ledger();
    commit_at(&mut ledger, &state(12, 4, 5), NOW);
    let mut without = state(12, 4, 5);
    let left = without.people.remove(3);
    without.addresses.retain(|it| *it != left.external_id);
    for group in &mut without.groups {
        group.members = group.members.iter().filter(|&it| *it != left.external_id).cloned().collect();
    }
    commit_at(&mut ledger, &without, NOW);
    drop(ledger);
    let bytes = std::fs::read(&path).expect("readable");
    let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("cn=person 4,") && holds("person4@"));
    assert!(!holds("cn=person 3,") && !holds("person3@"));
    assert_eq!(reopen(&path).state().expect("readable"), without);
}

#[test]
fn a_person_or_group_twice_is_refused_and_nothing_changes() {
    let (_folder, _path, mut ledger) = new_ledger();
    let before = state(3, 1, 2);
    commit_at(&mut ledger, &before, NOW);
    for twice in [
        LedgerState { people: vec![person(1), person(1)], ..LedgerState::default() },
        LedgerState { groups: vec![group(1, []), group(1, [])], ..LedgerState::default() },
    ] {
        let run = ledger.begin_run(NOW, Trigger::default()).expect("writable");
        let error = ledger.commit(run, &twice, &ending(NOW, &Counts::new(), &[])).expect_err("twice");
        assert!(matches!(error, LedgerError::Twice { .. }), "{error}");
        assert_eq!(ledger.state().expect("readable"), before);
    }
}

#[test]
fn an_intent_stays_open_until_a_run_has_accounted_for_it() {
    let (_folder, path, mut ledger) = new_ledger();
    let run = ledger.begin_run(NOW, Trigger::default()).expect("writable");
    let ids = ["yes", "no", "silence", "killed"]
        .map(|id| ledger.intend(run, &revoke(id), Timestamp(1)).expect("writable"));
    for (id, outcome) in ids.into_iter().zip([Outcome::Accepted, Outcome::Refused, Outcome::Unknown]) {
        ledger.resolve(id, outcome, Timestamp(2)).expect("writable");
    }
    drop(ledger);

    let mut ledger = reopen(&path);
    let open = |ledger: &Ledger| {
        let intents = ledger.state().expect("readable").open_intents;
        intents.into_iter().map(|it| (it.request, it.state)).collect::<Vec<_>>()
    };
    assert_eq!(
        open(&ledger),
        [
            (revoke("yes"), IntentState::Accepted),
            (revoke("no"), IntentState::Refused),
            (revoke("silence"), IntentState::Unknown),
            (revoke("killed"), IntentState::Intended),
        ]
    );

    // A run that could not compare leaves them; one that could closes them and keeps its own unanswered ones.
    let failed = ledger.begin_run(NOW, SCHEDULED).expect("writable");
    let counts = Counts::new();
    let end = Ending { outcome: RunOutcome::Failed, ..ending(NOW, &counts, &[]) };
    ledger.end_run(failed, &end).expect("writable");
    assert_eq!(open(&ledger).len(), 4);
    let next = ledger.begin_run(NOW, Trigger::default()).expect("writable");
    let own = ["answered", "lost"].map(|id| ledger.intend(next, &revoke(id), NOW).expect("writable"));
    ledger.resolve(own[0], Outcome::Accepted, NOW).expect("writable");
    ledger.commit(next, &state(1, 0, 0), &ending(NOW, &Counts::new(), &[])).expect("writable");
    assert_eq!(open(&ledger), [(revoke("lost"), IntentState::Intended)]);

    let error = ledger.resolve(bwdc_core::ledger::IntentId(99), Outcome::Accepted, NOW);
    assert!(matches!(error, Err(LedgerError::NoSuchIntent { intent: 99 })));
}

#[test]
fn runs_are_remembered_with_their_actions_and_an_unended_one_as_interrupted() {
    let (_folder, path, mut ledger) = new_ledger();
    let killed = ledger.begin_run(NOW, SCHEDULED).expect("writable");
    drop(ledger);
    let mut ledger = reopen(&path);
    let run = ledger.begin_run(Timestamp(NOW.0 + 1), Trigger::default()).expect("writable");
    let actions = [RecordedAction {
        action: "revoke".into(),
        subject: "a@example.test".into(),
        cause: serde_json::json!({"kind": "disabled"}),
    }];
    let counts = Counts::from([("revoked".to_owned(), 1)]);
    let end = ending(Timestamp(NOW.0 + 9), &counts, &actions);
    ledger.commit(run, &LedgerState::default(), &end).expect("writable");

    let runs = ledger.runs(10).expect("readable");
    assert_eq!(runs.iter().map(|it| it.id).collect::<Vec<_>>(), [run, killed]);
    assert_eq!((runs[0].outcome, runs[0].trigger), (Some(RunOutcome::Complete), Trigger::default()));
    assert_eq!(runs[0].finished_at, Some(Timestamp(NOW.0 + 9)));
    assert_eq!(runs[0].counts, counts);
    assert_eq!((runs[1].outcome, runs[1].trigger), (Some(RunOutcome::Interrupted), SCHEDULED));
    assert_eq!(runs[1].finished_at, None);
    assert_eq!(ledger.actions(run).expect("readable"), actions);
    assert_eq!(ledger.runs(1).expect("readable").len(), 1);
    let again = ledger.commit(run, &LedgerState::default(), &end);
    assert!(matches!(again, Err(LedgerError::NoSuchRun { .. })));
}

#[test]
fn runs_are_forgotten_after_a_year_unless_a_request_of_theirs_is_open() {
    let (_folder, _path, mut ledger) = new_ledger();
    let nothing = LedgerState::default();
    let forgotten = commit_at(&mut ledger, &nothing, NOW);
    let kept = commit_at(&mut ledger, &nothing, Timestamp(NOW.0 + 30 * DAY));
    let latest = commit_at(&mut ledger, &nothing, Timestamp(NOW.0 + 370 * DAY));
    let ids =
        |ledger: &Ledger| ledger.runs(10).expect("readable").into_iter().map(|it| it.id).collect::<Vec<_>>();
    assert_eq!(ids(&ledger), [latest, kept]);
    assert!(ledger.actions(forgotten).expect("readable").is_empty());

    let open = ledger.begin_run(Timestamp(NOW.0 + 371 * DAY), Trigger::default()).expect("writable");
    ledger.intend(open, &revoke("lost"), NOW).expect("writable");
    let later = Timestamp(NOW.0 + 900 * DAY);
    let failed = ledger.begin_run(later, Trigger::default()).expect("writable");
    ledger.end_run(failed, &ending(later, &Counts::new(), &[])).expect("writable");
    assert_eq!(ids(&ledger), [failed, open]);
}

#[test]
fn a_purge_leaves_no_trace_in_the_files() {
    let (_folder, path, mut ledger) = new_ledger();
    let mut before = state(50, 5, 5);
    before.people[0].email = Email::new("unmistakable@example.test");
    let run = ledger.begin_run(NOW, Trigger::default()).expect("writable");
    ledger.intend(run, &revoke("unmistakable"), NOW).expect("writable");
    ledger.commit(run, &before, &ending(NOW, &Counts::new(), &[])).expect("writable");
    let traces = || {
        let folder = std::fs::read_dir(path.parent().expect("a folder")).expect("readable");
        let files = folder.map(|entry| std::fs::read(entry.expect("readable").path()).expect("readable"));
        files.filter(|bytes| bytes.windows(12).any(|part| part == b"unmistakable")).count()
    };
    assert!(traces() > 0);
    ledger.purge().expect("writable");
    assert_eq!(ledger.state().expect("readable"), LedgerState::default());
    assert_eq!(ledger.runs(10).expect("readable").len(), 1, "what happened stays");
    assert_eq!(traces(), 0, "the history of that run names nobody");
    commit_at(&mut ledger, &before, NOW);
    assert_eq!(ledger.state().expect("readable"), before);
}

#[test]
fn a_damaged_file_is_moved_aside_and_an_empty_ledger_begins() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 4] = [
        ("garbage", |path| std::fs::write(path, "not a database at all, far from it").expect("writable")),
        ("truncated", |path| {
            let length = std::fs::metadata(path).expect("exists").len();
            let file = std::fs::File::options().write(true).open(path).expect("writable");
            file.set_len(length / 2).expect("writable");
        }),
        ("overwritten pages", |path| {
            let mut bytes = std::fs::read(path).expect("readable");
            let length = bytes.len();
            bytes[4096..length / 2].fill(0x5a);
            std::fs::write(path, bytes).expect("writable");
        }),
        ("another program's database", |path| {
            std::fs::remove_file(path).expect("is ours");
            let other = rusqlite::Connection::open(path).expect("writable");
            other.execute_batch("CREATE TABLE something (else_entirely TEXT)").expect("writable");
        }),
    ];
    for (name, damage) in damages {
        let (_folder, path, mut ledger) = new_ledger();
        commit_at(&mut ledger, &state(500, 20, 10), NOW);
        drop(ledger);
        damage(&path);
        let damaged = std::fs::read(&path).expect("readable");
        assert_eq!(Ledger::peek(&path).expect("no error"), None, "{name}");

        let Opened::Recovered { mut ledger, moved_to } =
            Ledger::open(&path, Clock::System).expect("a new one")
        else {
            panic!("{name} was not noticed")
        };
        assert_eq!(std::fs::read(&moved_to).expect("kept"), damaged, "{name}");
        assert!(moved_to.to_string_lossy().contains("connector.db.broken-"), "{}", moved_to.display());
        assert_eq!(ledger.state().expect("readable"), LedgerState::default(), "{name}");
        commit_at(&mut ledger, &state(3, 1, 2), NOW);
        drop(ledger);
        assert_eq!(reopen(&path).state().expect("readable"), state(3, 1, 2), "{name}");
    }
}

#[test]
fn a_newer_file_is_refused_and_left_as_it_is() {
    let (_folder, path, ledger) = new_ledger();
    drop(ledger);
    let newer = rusqlite::Connection::open(&path).expect("writable");
    newer.pragma_update(None, "user_version", 99).expect("writable");
    newer.close().expect("closes");
    let before = std::fs::read(&path).expect("readable");
    let error = Ledger::open(&path, Clock::System).err().expect("newer");
    assert!(matches!(error, LedgerError::Newer { version: 99, .. }), "{error}");
    assert!(matches!(Ledger::peek(&path), Err(LedgerError::Newer { .. })));
    assert_eq!(std::fs::read(&path).expect("readable"), before);
    assert_eq!(std::fs::read_dir(path.parent().expect("a folder")).expect("readable").count(), 1);
}

#[test]
fn a_reader_sees_the_last_commit_while_a_run_goes_on() {
    let (_folder, path, mut ledger) = new_ledger();
    commit_at(&mut ledger, &state(5, 1, 2), NOW);
    let run = ledger.begin_run(NOW, Trigger::default()).expect("writable");
    ledger.intend(run, &revoke("x"), NOW).expect("writable");
    let seen = Ledger::peek(&path).expect("readable").expect("exists");
    assert_eq!((seen.people.len(), seen.open_intents.len()), (5, 1));
    let looking = Ledger::open_to_read(&path).expect("readable").expect("exists");
    assert_eq!(looking.runs(1).expect("readable")[0].id, run);
    commit_at(&mut ledger, &state(6, 1, 2), NOW);
    assert_eq!(looking.state().expect("readable").people.len(), 6);
    let none = path.with_file_name("none.db");
    assert_eq!(Ledger::peek(&none).expect("no error"), None);
    assert!(!none.exists());
}

#[test]
fn a_small_change_to_a_large_ledger_writes_little() {
    let (_folder, path, mut ledger) = new_ledger();
    let mut large = state(50_000, 5_000, 30);
    commit_at(&mut ledger, &large, NOW);
    drop(ledger);
    let mut ledger = reopen(&path);
    large.people[77].email = Email::new("renamed@example.test");
    large.groups[3].members = large.groups[3].members[1..].into();
    commit_at(&mut ledger, &large, NOW);
    let log = std::fs::metadata(path.with_file_name("connector.db-wal")).expect("open").len();
    let whole = std::fs::metadata(&path).expect("exists").len();
    assert!(log < 500_000 && log * 5 < whole, "{log} bytes written of {whole}");
    assert_eq!(ledger.state().expect("readable"), large);
}

#[test]
fn what_runs_took_is_one_set_and_is_forgotten_by_its_age() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("connector.db");
    let mut ledger = Ledger::open(&path, Clock::System).expect("opens").into_ledger();
    let taken = |names: &[&str]| ApprovalScope {
        revoked: names.iter().map(|&it| it.to_owned()).collect(),
        ..ApprovalScope::default()
    };
    for (day, names) in [(0, &["a", "b"][..]), (1, &["b", "c"]), (40, &["d"])] {
        let now = Timestamp(NOW.0 + day * DAY);
        let run = ledger.begin_run(now, Trigger::default()).expect("begins");
        ledger.note_taken(run, &taken(names), now).expect("written");
        if day == 1 {
            assert_eq!(ledger.taken_since(Timestamp(NOW.0 - 1)).expect("read"), taken(&["a", "b", "c"]));
            assert_eq!(ledger.taken_since(NOW).expect("read"), taken(&["b", "c"]));
        }
    }
    assert_eq!(ledger.taken_since(Timestamp(0)).expect("read"), taken(&["d"]));
    ledger.purge().expect("purged");
    assert_eq!(ledger.taken_since(Timestamp(0)).expect("read"), taken(&["d"]), "the limits go on counting");
}

#[test]
fn runs_are_forgotten_on_demand_and_what_the_limits_count_stays() {
    let (_folder, path, mut ledger) = new_ledger();
    let old = commit_at(&mut ledger, &state(3, 1, 2), Timestamp(NOW.0 - 10 * DAY));
    let counted = commit_at(&mut ledger, &state(3, 1, 2), Timestamp(NOW.0 - DAY / 2));
    let scope = ApprovalScope { revoked: ["p1".to_owned()].into(), ..ApprovalScope::default() };
    ledger.note_taken(counted, &scope, Timestamp(NOW.0 - DAY / 2)).expect("writable");
    let runs =
        |ledger: &Ledger| ledger.runs(10).expect("readable").iter().map(|it| it.id).collect::<Vec<_>>();
    assert_eq!(ledger.forget_runs(Some(Timestamp(NOW.0 - 11 * DAY))).expect("writable"), 0);
    assert_eq!(ledger.forget_runs(Some(Timestamp(NOW.0 - DAY))).expect("writable"), 1);
    assert_eq!((runs(&ledger), ledger.actions(old).expect("readable").len()), (vec![counted], 0));
    assert_eq!(ledger.forget_runs(None).expect("writable"), 0);
    assert!(ledger.actions(counted).expect("readable").is_empty());
    assert_eq!(ledger.taken_since(Timestamp(NOW.0 - DAY)).expect("readable"), scope);
    drop(ledger);
    assert_eq!(reopen(&path).state().expect("readable").people.len(), 3, "whom we manage stays");
}

#[test]
fn however_short_runs_are_kept_the_limits_and_approvals_go_on() {
    let (_folder, _path, mut ledger) = new_ledger();
    ledger.keep_runs_for(0);
    let scope = |name: &str| ApprovalScope { revoked: [name.to_owned()].into(), ..ApprovalScope::default() };
    let taken = commit_at(&mut ledger, &state(3, 1, 2), NOW);
    ledger.note_taken(taken, &scope("p1"), NOW).expect("writable");
    let refused = commit_at(&mut ledger, &state(3, 1, 2), Timestamp(NOW.0 + 1));
    ledger.quarantine(refused, &scope("p2"), Some("those")).expect("writable");
    assert_eq!(ledger.settings_of_refused(refused).expect("readable").as_deref(), Some("those"));
    ledger.approve(Some(refused), Timestamp(NOW.0 + 2)).expect("writable");

    let next = Timestamp(NOW.0 + DAY / 2);
    commit_at(&mut ledger, &state(3, 1, 2), next);
    assert_eq!(ledger.taken_since(Timestamp(NOW.0 - 1)).expect("readable"), scope("p1"));
    assert_eq!(ledger.approvals(next).expect("readable"), [scope("p2")]);
    assert!(ledger.actions(taken).expect("readable").is_empty(), "what it did is forgotten");

    // Nothing counts any more after 24 hours for the approval, and 32 days for what was taken.
    for (days, left) in [(2, vec![taken]), (40, vec![])] {
        let last = commit_at(&mut ledger, &state(3, 1, 2), Timestamp(NOW.0 + days * DAY));
        let runs = ledger.runs(10).expect("readable").into_iter().map(|it| it.id);
        assert_eq!(runs.filter(|it| *it != last).collect::<Vec<_>>(), left, "{days}");
    }
}

#[test]
fn a_source_that_was_never_compared_is_new_when_the_settings_name_it_again() {
    let (_folder, _path, mut ledger) = new_ledger();
    let place = |name: &str| SourcePlace { name: SourceName::new(name), place: name.to_owned() };
    let (both, one) = ([place(""), place("berlin")], [place("")]);
    ledger.begin_sources(&both).expect("writable");
    // It failed in the first run, and left the settings for the second.
    let failed = LedgerState { new_sources: vec![SourceName::new("berlin")], ..state(4, 0, 0) };
    commit_at(&mut ledger, &failed, NOW);
    let left = ledger.state_of(&one).expect("readable");
    assert_eq!(left.new_sources, [SourceName::new("berlin")]);
    commit_at(&mut ledger, &left, NOW);
    ledger.begin_sources(&both).expect("writable");
    assert_eq!(ledger.state_of(&both).expect("readable").new_sources, [SourceName::new("berlin")]);
}

#[test]
fn a_source_that_is_another_directory_begins_anew() {
    let (_folder, _path, mut ledger) = new_ledger();
    let place =
        |name: &str, place: &str| SourcePlace { name: SourceName::new(name), place: place.to_owned() };
    let now = [place("", ""), place("berlin", "0 dc=x")];
    assert_eq!(ledger.begin_sources(&now).expect("writable"), []);
    assert_eq!(ledger.state_of(&now).expect("readable").new_sources.len(), 2);
    commit_at(&mut ledger, &state(10, 5, 2), NOW);
    let known = ledger.state_of(&now).expect("readable");
    assert_eq!((known.new_sources.len(), known.people.len(), known.groups.len()), (0, 10, 5));
    // A look alone changes nothing.
    let moved = [place("", ""), place("berlin", "0 dc=y")];
    let seen = ledger.state_of(&moved).expect("readable");
    // What came from there is kept as memory, and belongs to no source of now.
    let former = SourceName::former("0 dc=x");
    let kept = |state: &LedgerState, of: &SourceName| {
        let people = state.people.iter().filter(|it| it.source == *of).count();
        (people, state.groups.iter().filter(|it| it.source == *of).count())
    };
    assert_eq!(seen.new_sources, [SourceName::new("berlin")]);
    assert_eq!(kept(&seen, &former), (2, 1));
    assert_eq!(kept(&ledger.state().expect("readable"), &SourceName::new("berlin")), (2, 1));
    assert_eq!(ledger.begin_sources(&moved).expect("writable"), [SourceName::new("berlin")]);
    let state = ledger.state().expect("readable");
    assert_eq!((state.people.len(), state.groups.len(), kept(&state, &former)), (10, 5, (2, 1)));
    assert_eq!(former.former_account(), Some("dc=x"));
    // The directory comes back, and what came from it with it.
    assert_eq!(ledger.begin_sources(&now).expect("writable"), [SourceName::new("berlin")]);
    assert_eq!(kept(&ledger.state().expect("readable"), &SourceName::new("berlin")), (2, 1));
}

#[test]
fn another_directory_of_the_same_organization_keeps_what_came_from_the_former_one() {
    let (_folder, _path, mut ledger) = new_ledger();
    let (old, new) = ("https://api.example.test 0 dc=old", "https://api.example.test 0 dc=new");
    assert_eq!(ledger.begin_with(old, "one").expect("writable"), About::Same);
    ledger
        .begin_sources(&[SourcePlace { name: SourceName::primary(), place: String::new() }])
        .expect("writable");
    commit_at(&mut ledger, &state(10, 5, 2), NOW);
    let ours = |ledger: &Ledger, of: &SourceName| {
        ledger.state().expect("readable").people.iter().filter(|it| it.source == *of).count()
    };
    let before = ours(&ledger, &SourceName::primary());
    assert!(before > 0 && ledger.state().expect("readable").baseline_taken);
    let about = About::AnotherDirectory { former: "0 dc=old".to_owned() };
    assert_eq!(ledger.about(new, "ONE").expect("readable"), about);
    assert_eq!(ledger.begin_with(new, "one").expect("writable"), about);
    let former = SourceName::former("0 dc=old");
    assert_eq!((ours(&ledger, &former), ours(&ledger, &SourceName::primary())), (before, 0));
    assert!(!ledger.state().expect("readable").baseline_taken, "the next run takes a baseline");
    assert_eq!(ledger.begin_with(new, "one").expect("writable"), About::Same);
    // Back again, and then another organization.
    ledger.begin_with(old, "one").expect("writable");
    assert_eq!(ours(&ledger, &SourceName::primary()), before);
    assert_eq!(ledger.begin_with(old, "two").expect("writable"), About::AnotherOrganization);
    assert!(ledger.state().expect("readable").people.is_empty());
}

#[test]
fn an_address_is_noted_before_a_run_ends_and_once() {
    let (_folder, path, mut ledger) = new_ledger();
    let run = ledger.begin_run(NOW, Trigger::default()).expect("writable");
    ledger.commit(run, &state(4, 0, 0), &ending(NOW, &Counts::new(), &[])).expect("writable");
    let mut told = addresses(4);
    told.note(&person(1).external_id, "told.later@example.test", false);
    for _ in 0..2 {
        ledger.note_addresses(&told).expect("writable");
        assert_eq!(reopen(&path).state().expect("readable").addresses, told);
    }
}

#[test]
fn a_decision_about_a_person_holds_until_a_run_has_carried_it_out_or_somebody_takes_it_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("connector.db");
    let mut ledger = Ledger::open(&path, Clock::System).expect("readable").into_ledger();
    let of = |address: &str, choice| {
        let entry = EntryKey { source: SourceName::primary(), id: format!("id:{address}") };
        let of = Some(Waiting { entry, membership: ExternalId::new("old") });
        Decision { address: Email::new(address), choice, of }
    };
    let (ada, ben) = (of("ada@x", Choice::Restore), of("ben@x", Choice::Invite));
    for decision in [&of("ada@x", Choice::Invite), &ada, &ben] {
        ledger.decide(decision, Timestamp(1)).expect("writable");
    }
    assert_eq!(ledger.state().expect("readable").decisions, [ada.clone(), ben]);
    assert_eq!(ledger.withdraw_decision(&Email::new("ben@x")).expect("writable"), Some(Choice::Invite));
    assert_eq!(ledger.withdraw_decision(&Email::new("ben@x")).expect("writable"), None);
    let run = ledger.begin_run(NOW, Trigger::default()).expect("writable");
    let ending =
        Ending { finished_at: NOW, outcome: RunOutcome::Complete, counts: &Counts::new(), actions: &[] };
    let state = LedgerState { decisions: Vec::new(), ..ledger.state().expect("readable") };
    ledger.commit(run, &state, &ending).expect("writable");
    assert!(ledger.state().expect("readable").decisions.is_empty(), "carried out");
}
