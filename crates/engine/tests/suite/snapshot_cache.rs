//! The cache of a directory in `connector.db`: what is put is read back, and any doubt is a full read.

use bwdc_core::names::Timestamp;
use bwdc_engine::clock::Clock;
use bwdc_engine::directory::snapshot_cache::{ObjectKind, RawObject, Refresh, SnapshotCache};
use bwdc_engine::ledger::{About, Ledger};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp(1_795_180_720_171);
const DAY: i64 = 24 * 60 * 60 * 1000;

fn later(milliseconds: i64) -> Timestamp {
    Timestamp(NOW.0 + milliseconds)
}

fn object(kind: ObjectKind, id: &str, body: &str) -> RawObject {
    RawObject { kind, id: id.to_owned(), body: body.as_bytes().to_vec() }
}

fn three() -> SnapshotCache {
    SnapshotCache {
        cursor: "1".to_owned(),
        objects: vec![
            object(ObjectKind::Person, "b", "Berta"),
            object(ObjectKind::Person, "a", "Anton"),
            object(ObjectKind::Group, "a", "Group of the same id"),
        ],
    }
}

fn ledger() -> (TempDir, Ledger) {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger =
        Ledger::open(&folder.path().join("connector.db"), Clock::System).expect("a local disk").into_ledger();
    (folder, ledger)
}

fn filled() -> (TempDir, Ledger) {
    let (folder, mut ledger) = ledger();
    ledger.refresh_snapshot_cache("directory", "basis", &Refresh::Replace(three()), NOW).expect("writable");
    (folder, ledger)
}

fn read(ledger: &Ledger, now: Timestamp) -> Option<SnapshotCache> {
    ledger.snapshot_cache("directory", "basis", now).expect("readable")
}

#[test]
fn what_is_put_is_read_back_in_its_order() {
    let (_folder, ledger) = filled();
    assert_eq!(read(&ledger, later(1)), Some(three()));
}

#[test]
fn a_change_keeps_places_adds_at_the_end_and_takes_out() {
    let (_folder, mut ledger) = filled();
    let change = Refresh::Change {
        cursor: "2".to_owned(),
        put: vec![
            object(ObjectKind::Person, "c", "Carla"),
            object(ObjectKind::Person, "b", "Berta, renamed"),
        ],
        gone: vec![(ObjectKind::Person, "a".to_owned()), (ObjectKind::Group, "nobody knows".to_owned())],
    };
    ledger.refresh_snapshot_cache("directory", "basis", &change, later(5)).expect("writable");
    let expected = SnapshotCache {
        cursor: "2".to_owned(),
        objects: vec![
            object(ObjectKind::Person, "b", "Berta, renamed"),
            object(ObjectKind::Group, "a", "Group of the same id"),
            object(ObjectKind::Person, "c", "Carla"),
        ],
    };
    assert_eq!(read(&ledger, later(6)), Some(expected));
}

#[test]
fn changed_settings_another_source_and_age_ask_for_a_full_read() {
    let (_folder, ledger) = filled();
    assert_eq!(ledger.snapshot_cache("directory", "other settings", NOW).expect("readable"), None);
    assert_eq!(ledger.snapshot_cache("another", "basis", NOW).expect("readable"), None);
    assert!(read(&ledger, later(DAY - 1)).is_some());
    assert_eq!(read(&ledger, later(DAY)), None);
    assert_eq!(read(&ledger, later(-1)), None, "the clock went back");
}

#[test]
fn a_change_does_not_put_off_the_daily_full_read() {
    let (_folder, mut ledger) = filled();
    let change = Refresh::Change { cursor: "2".to_owned(), put: Vec::new(), gone: Vec::new() };
    ledger.refresh_snapshot_cache("directory", "basis", &change, later(DAY - 1)).expect("writable");
    assert_eq!(read(&ledger, later(DAY)), None);
}

#[test]
fn a_dropped_or_forgotten_mirror_is_none() {
    let (_folder, mut ledger) = filled();
    ledger.refresh_snapshot_cache("directory", "basis", &Refresh::Drop, NOW).expect("writable");
    assert_eq!(read(&ledger, NOW), None);

    let (folder, ledger) = filled();
    drop(ledger);
    let path = folder.path().join("connector.db");
    Ledger::forget_cache(&path).expect("writable");
    assert_eq!(read(&Ledger::open(&path, Clock::System).expect("readable").into_ledger(), NOW), None);
    Ledger::forget_cache(&folder.path().join("none.db")).expect("nothing to forget");
}

#[test]
fn another_organization_or_directory_begins_without_a_mirror() {
    let (_folder, mut ledger) = filled();
    let about = ledger.begin_with("https://api.example.test 0 dc=example", "one").expect("writable");
    assert_eq!(about, About::Same);
    assert!(read(&ledger, NOW).is_some());
    let about = ledger.begin_with("https://api.example.test 0 dc=other", "one").expect("writable");
    assert_eq!(about, About::AnotherDirectory { former: "0 dc=example".to_owned() });
    assert_eq!(read(&ledger, NOW), None);
}
