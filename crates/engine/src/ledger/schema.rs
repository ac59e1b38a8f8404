//! The tables, and the steps by which an older file gets them.

use super::LedgerError;
use bwdc_core::names::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

/// Tells our files from other programs': "bwdc" in ASCII.
pub(super) const APPLICATION_ID: i32 = 0x6277_6463;

/// One step per version, never changed once released.
const MIGRATIONS: [&str; 19] = [
    "
    CREATE TABLE external_ids (
        id INTEGER PRIMARY KEY,
        text TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE people (
        external_id INTEGER PRIMARY KEY REFERENCES external_ids (id),
        source TEXT NOT NULL,
        position INTEGER NOT NULL,
        stable_id TEXT,
        email TEXT NOT NULL,
        revoked_by_us INTEGER NOT NULL,
        out_since INTEGER
    ) STRICT;
    CREATE TABLE groups (
        id INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        external_id TEXT NOT NULL,
        position INTEGER NOT NULL,
        name TEXT NOT NULL,
        observed_at INTEGER,
        UNIQUE (source, external_id)
    ) STRICT;
    CREATE TABLE memberships (
        group_id INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        member INTEGER NOT NULL REFERENCES external_ids (id),
        PRIMARY KEY (group_id, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        finished_at INTEGER,
        outcome TEXT,
        counts TEXT NOT NULL DEFAULT '{}'
    ) STRICT;
    CREATE TABLE actions (
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        sequence INTEGER NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        cause TEXT NOT NULL,
        PRIMARY KEY (run, sequence)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE intents (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        sequence INTEGER NOT NULL,
        state TEXT NOT NULL,
        intended_at INTEGER NOT NULL,
        resolved_at INTEGER,
        request TEXT,
        UNIQUE (run, sequence)
    ) STRICT;
    CREATE INDEX open_intents ON intents (id) WHERE request IS NOT NULL;
    CREATE TABLE facts (
        name TEXT PRIMARY KEY,
        value INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE quarantine (
        run INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
        takings TEXT NOT NULL,
        approved_at INTEGER
    ) STRICT;
",
    "
    CREATE TABLE organization (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        server TEXT NOT NULL,
        id TEXT NOT NULL
    ) STRICT;
",
    "
    CREATE TABLE mirrors (
        source TEXT PRIMARY KEY,
        basis TEXT NOT NULL,
        cursor TEXT NOT NULL,
        full_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE mirror_objects (
        source TEXT NOT NULL,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        position INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (source, kind, id)
    ) STRICT;
    CREATE INDEX mirror_order ON mirror_objects (source, position);
",
    "
    ALTER TABLE people ADD COLUMN out_cause TEXT;
    CREATE TABLE taken (
        run INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
        at INTEGER NOT NULL,
        takings TEXT NOT NULL
    ) STRICT;
",
    "
    CREATE TABLE sources (
        name TEXT PRIMARY KEY,
        place TEXT NOT NULL,
        compared INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO sources SELECT '', '', 1 FROM facts WHERE name = 'baseline_taken' AND value = 1;
    CREATE TABLE shared_marks (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        users_at INTEGER,
        groups_at INTEGER,
        hash TEXT
    ) STRICT;
",
    "
    ALTER TABLE people ADD COLUMN reference TEXT;
",
    // A run that sees a group fills them in.
    "
    ALTER TABLE groups ADD COLUMN stable_id TEXT;
    ALTER TABLE groups ADD COLUMN reference TEXT;
    ALTER TABLE groups ADD COLUMN group_id TEXT;
",
    "
    CREATE TABLE bindings (
        secret TEXT PRIMARY KEY,
        salt TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        api TEXT NOT NULL,
        identity TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE refusals (
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        mark TEXT NOT NULL,
        reason TEXT NOT NULL,
        since INTEGER NOT NULL,
        tried_at INTEGER NOT NULL,
        PRIMARY KEY (kind, id)
    ) STRICT, WITHOUT ROWID;
",
    // What was pushed counts as told.
    "
    CREATE TABLE addresses (
        external_id TEXT NOT NULL,
        email TEXT NOT NULL,
        position INTEGER NOT NULL,
        taken INTEGER NOT NULL,
        PRIMARY KEY (external_id, email)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO addresses SELECT text, email, 0, revoked_by_us
    FROM people JOIN external_ids ON external_ids.id = people.external_id WHERE trim(email) != '';
",
    // A run that sees the entry fills them in.
    "
    ALTER TABLE people ADD COLUMN mark TEXT;
    ALTER TABLE people ADD COLUMN name TEXT;
",
    "
    CREATE TABLE waiting (
        external_id TEXT PRIMARY KEY,
        position INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE without_address (
        external_id TEXT PRIMARY KEY
    ) STRICT, WITHOUT ROWID;
",
    // A run that sees the membership fills its id in.
    "
    ALTER TABLE people ADD COLUMN member_id TEXT;
    CREATE TABLE decisions (
        email TEXT PRIMARY KEY,
        choice TEXT NOT NULL,
        decided_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE mended (
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        mark TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (kind, id)
    ) STRICT, WITHOUT ROWID;
",
    // A decision of before is about an address alone, and decides nothing any more.
    "
    CREATE TABLE seen (
        source TEXT NOT NULL,
        id TEXT NOT NULL,
        email TEXT NOT NULL,
        PRIMARY KEY (source, id)
    ) STRICT, WITHOUT ROWID;
    ALTER TABLE decisions ADD COLUMN source TEXT;
    ALTER TABLE decisions ADD COLUMN entry TEXT;
    ALTER TABLE decisions ADD COLUMN membership TEXT;
",
    // The members of a group are one list: numbers of ids, in order.
    "
    ALTER TABLE memberships RENAME TO memberships_by_row;
    CREATE TABLE memberships (
        group_id INTEGER PRIMARY KEY REFERENCES groups (id) ON DELETE CASCADE,
        members TEXT NOT NULL
    ) STRICT;
    INSERT INTO memberships
    SELECT group_id, json_group_array(member ORDER BY position) FROM memberships_by_row GROUP BY group_id;
    DROP TABLE memberships_by_row;
",
    // Which settings the refused run had, as a fingerprint: the times of files tell when something was written, not whether
    // anything became different. Nothing is known of runs of before.
    "
    ALTER TABLE quarantine ADD COLUMN settings TEXT;
",
];

pub(super) const VERSION: i32 = MIGRATIONS.len() as i32;

/// What a file turned out to be.
pub(super) enum Found {
    /// No tables yet.
    Empty,
    /// Ours, up to date.
    Ours,
    /// Not ours, or damaged.
    Unreadable,
}

/// Checks the whole file and brings an older one up to date.
pub(super) fn prepare(connection: &mut Connection, now: Timestamp) -> Result<Found, LedgerError> {
    let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let version: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let empty = tables == 0;
    if !empty && application != APPLICATION_ID {
        return Ok(Found::Unreadable);
    }
    if version > VERSION {
        return Err(LedgerError::Newer { version, known: VERSION });
    }
    if !empty {
        let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" || version < 1 {
            return Ok(Found::Unreadable);
        }
    }
    migrate(connection, now)?;
    Ok(if empty { Found::Empty } else { Found::Ours })
}

/// Applies the steps that the file lacks, in one transaction: a kill leaves all of them or none.
fn migrate(connection: &mut Connection, now: Timestamp) -> Result<(), LedgerError> {
    let version: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version == VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    let version: i32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT",
    )?;
    for (number, step) in (1..).zip(MIGRATIONS).filter(|(number, _)| *number > version) {
        transaction.execute_batch(step)?;
        transaction.execute("INSERT INTO migrations VALUES (?1, ?2)", (number, now.0))?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    Ok(transaction.commit()?)
}

/// Makes the tables as the program of this version had them, in an empty database.
pub(super) fn make_version(connection: &Connection, version: i32) -> Result<(), LedgerError> {
    for (_, step) in (1..=version).zip(MIGRATIONS) {
        connection.execute_batch(step)?;
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", version)?;
    Ok(())
}

/// Whether any run is remembered.
pub(super) fn has_runs(connection: &Connection) -> Result<bool, LedgerError> {
    Ok(connection.query_row("SELECT EXISTS (SELECT 1 FROM runs)", [], |row| row.get(0))?)
}

/// A number that is kept under a name; None when it was never set.
pub(super) fn fact(connection: &Connection, name: &str) -> Result<Option<i64>, LedgerError> {
    Ok(connection
        .query_row("SELECT value FROM facts WHERE name = ?1", [name], |row| row.get(0))
        .optional()?)
}

pub(super) fn set_fact(connection: &Connection, name: &str, value: i64) -> Result<(), LedgerError> {
    connection.execute("INSERT OR REPLACE INTO facts VALUES (?1, ?2)", (name, value))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::ledger::Ledger;
    use bwdc_core::names::SourceName;

    /// A file as the program of that version left it, after a run that knew ann in the group g.
    fn file_of_version(path: &std::path::Path, version: i32) {
        let connection = Connection::open(path).expect("a file");
        connection.pragma_update(None, "journal_mode", "WAL").expect("as ledgers are");
        for step in MIGRATIONS.iter().take(version as usize) {
            connection.execute_batch(step).expect("a step that was released");
        }
        connection
            .execute_batch(
                "INSERT INTO external_ids VALUES (1, 'cn=ann'), (2, 'cn=bob');
                 INSERT INTO people (external_id, source, position, stable_id, email, revoked_by_us, out_since)
                 VALUES (1, '', 0, 'entryUUID:1', 'ann@x', 1, NULL);
                 INSERT INTO groups (id, source, external_id, position, name, observed_at)
                 VALUES (1, '', 'cn=g', 0, 'G', 5);
                 INSERT INTO runs (kind, started_at, finished_at, outcome) VALUES ('command', 1, 2, 'complete');
                 INSERT INTO facts VALUES ('baseline_taken', 1);",
            )
            .expect("the tables of every version");
        let members = if version < 18 { "VALUES (1, 0, 2), (1, 1, 1)" } else { "VALUES (1, '[2,1]')" };
        connection.execute_batch(&format!("INSERT INTO memberships {members}")).expect("of that version");
        connection.pragma_update(None, "application_id", APPLICATION_ID).expect("writable");
        connection.pragma_update(None, "user_version", version).expect("writable");
    }

    #[test]
    fn a_file_of_every_older_version_is_brought_up_to_date() {
        for version in 1..=VERSION {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("connector.db");
            file_of_version(&path, version);
            // Who only looks sees the same, and leaves the file as it is.
            let looked = Ledger::open_to_read(&path).expect("readable").expect("a ledger");
            let seen = (looked.state().expect("readable"), looked.runs(10).expect("readable"));
            drop(looked);
            let kept: i32 = Connection::open(&path)
                .and_then(|it| it.query_row("PRAGMA user_version", [], |row| row.get(0)))
                .expect("a number");
            assert_eq!(kept, version);
            let ledger = Ledger::open(&path, Clock::System).expect("readable").into_ledger();
            assert_eq!(seen, (ledger.state().expect("readable"), ledger.runs(10).expect("readable")));
            let state = ledger.state().expect("readable");
            let ann = &state.people[0];
            assert_eq!((ann.external_id.as_str(), ann.email.as_str()), ("cn=ann", "ann@x"), "{version}");
            assert!(ann.revoked_by_us && ann.source.is_primary() && ann.out.is_none(), "{version}");
            let members: Vec<_> = state.groups[0].members.iter().map(|it| it.as_str()).collect();
            assert_eq!((&*state.groups[0].name, &*members), ("G", &["cn=bob", "cn=ann"][..]), "{version}");
            assert!(state.baseline_taken, "{version}");
            if version < 11 {
                let told: Vec<_> = state.addresses.of(&ann.external_id).iter().collect();
                assert!(
                    matches!(told[..], [one] if one.email == ann.email && one.taken),
                    "{version}: {told:?}"
                );
            }
            assert_eq!(ledger.runs(10).expect("readable").len(), 1, "{version}");
            // What was compared before there were several sources is known.
            let places = [SourceName::primary(), SourceName::new("b")]
                .map(|name| crate::ledger::SourcePlace { name, place: String::new() });
            let new = ledger.state_of(&places).expect("readable").new_sources;
            let expected: &[&str] = if version < 6 { &["b"] } else { &["", "b"] };
            assert_eq!(new.iter().map(SourceName::as_str).collect::<Vec<_>>(), expected, "{version}");
            assert!(Ledger::open_to_read(&path).expect("readable").is_some(), "{version}");
        }
    }
}
