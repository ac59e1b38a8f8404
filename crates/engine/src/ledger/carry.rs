//! A ledger of two machines: every change of it goes into the database of the lease before it is committed here, and whoever takes the
//! lease takes over what is there.
//!
//! Triggers of this connection note each row that changes; the hook before a commit gives them to the database, and what it does
//! not take is rolled back here. So nothing that writes the ledger knows of it. The copy of a directory stays where it is, since
//! it can be read again, and so do the addresses that secrets are bound to.

use super::error;
use super::schema::{self, VERSION};
use super::{LedgerError, PAGES};
use crate::clock::to_iso;
use crate::lease::{Changes, Lease, LeaseError, Row};
use bwdc_core::names::Timestamp;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Transaction, TransactionBehavior, params_from_iter};
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The tables that both machines have, in an order in which none comes before what it refers to.
const CARRIED: [&str; 20] = [
    "external_ids",
    "people",
    "groups",
    "memberships",
    "runs",
    "actions",
    "intents",
    "facts",
    "quarantine",
    "organization",
    "taken",
    "sources",
    "shared_marks",
    "refusals",
    "addresses",
    "waiting",
    "without_address",
    "decisions",
    "mended",
    "seen",
];
/// Those that stay.
#[cfg(test)]
const LOCAL: [&str; 4] = ["mirrors", "mirror_objects", "bindings", "migrations"];
/// The fact that says which change of the database this file has.
const CARRIED_FACT: &str = "carried";

/// What a transaction changed, and which change the file has.
struct Noted {
    changes: Changes,
    version: i64,
}

type Shared = Arc<Mutex<Noted>>;

/// Makes a ledger that of the database, where that is another one, and every change of it one of the database from now on. A ledger
/// that was of this machine alone goes into a database that has none, and is set aside where it has one.
///
/// # Errors
/// [`LedgerError::Lease`] when the lease is not to be had.
pub(super) fn attach(
    connection: &mut Connection,
    lease: &Arc<Lease>,
    path: &Path,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let found = lease.enter()?;
    if found.tables > VERSION {
        return Err(LeaseError::Newer { version: found.tables, known: VERSION }.into());
    }
    let known = schema::fact(connection, CARRIED_FACT)?;
    let same = known == Some(found.version) && found.tables == VERSION;
    if !same && found.version > 0 {
        if known.is_none() && schema::has_runs(connection)? {
            set_aside(connection, path, now)?;
        }
        take_over(connection, &lease.rows()?, found.tables)?;
    }
    let noted: Shared = Arc::new(Mutex::new(Noted { changes: Changes::default(), version: found.version }));
    watch(connection, &noted)?;
    hook(connection, &noted, lease)?;
    if found.version == 0 || found.tables != VERSION {
        seed(connection, &noted)?;
    }
    Ok(())
}

/// Keeps what was of this machine alone beside the ledger.
fn set_aside(connection: &Connection, path: &Path, now: Timestamp) -> Result<(), LedgerError> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".replaced-{}", to_iso(now).replace(':', "-")));
    let name = std::path::PathBuf::from(name);
    super::make_file(&name)?;
    let mut copy = Connection::open(&name)?;
    rusqlite::backup::Backup::new(connection, &mut copy)?.run_to_completion(
        PAGES,
        std::time::Duration::ZERO,
        None,
    )?;
    Ok(())
}

/// Puts the rows of the database in the place of those that are here.
fn take_over(connection: &mut Connection, rows: &[Row], tables: i32) -> Result<(), LedgerError> {
    if tables == VERSION {
        return replace(connection, rows);
    }
    // As an older file: its steps are those that every older file takes.
    let mut older = Connection::open_in_memory()?;
    schema::make_version(&older, tables)?;
    replace(&mut older, rows)?;
    schema::prepare(&mut older, Timestamp(0))?;
    replace(connection, &all_rows(&older)?)
}

fn replace(connection: &mut Connection, rows: &[Row]) -> Result<(), LedgerError> {
    // Rows come in no order; a key that leads nowhere would have been refused by whoever wrote it.
    connection.pragma_update(None, "foreign_keys", false)?;
    let replaced = (|| {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for table in CARRIED.iter().rev().filter(|it| exists(&transaction, it)) {
            transaction.execute(&format!("DELETE FROM {table}"), [])?;
        }
        for row in rows {
            insert(&transaction, row)?;
        }
        Ok(transaction.commit()?)
    })();
    connection.pragma_update(None, "foreign_keys", true)?;
    replaced
}

fn exists(connection: &Connection, table: &str) -> bool {
    connection.table_exists(None, table).unwrap_or_default()
}

fn insert(transaction: &Transaction<'_>, row: &Row) -> Result<(), LedgerError> {
    let unreadable = |reason: String| LeaseError::Unreadable { reason };
    let Some(table) = CARRIED.iter().find(|it| **it == row.table) else { return Ok(()) };
    let fields: Map<String, Value> =
        serde_json::from_str(&row.text).map_err(|it| unreadable(it.to_string()))?;
    let plain = |name: &String| name.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
    if !fields.keys().all(plain) {
        return Err(unreadable(format!("a column of `{table}`")).into());
    }
    let names: Vec<&str> = fields.keys().map(String::as_str).collect();
    let places = vec!["?"; names.len()].join(", ");
    let values = fields.values().map(|value| match value {
        Value::String(text) => Sql::Text(text.clone()),
        Value::Number(number) => Sql::Integer(number.as_i64().unwrap_or_default()),
        Value::Bool(it) => Sql::Integer((*it).into()),
        _ => Sql::Null,
    });
    let sql = format!("INSERT INTO {table} ({}) VALUES ({places})", names.join(", "));
    transaction.prepare(&sql)?.execute(params_from_iter(values))?;
    Ok(())
}

/// A table's columns, and those of them that make its key.
fn columns(connection: &Connection, table: &str) -> Result<(Vec<String>, Vec<String>), LedgerError> {
    let mut statement = connection.prepare("SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid")?;
    let rows = statement.query_map([table], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    let rows: Vec<(String, i64)> = rows.collect::<Result<_, _>>()?;
    let keys = rows.iter().filter(|(_, pk)| *pk > 0).map(|(name, _)| name.clone()).collect();
    Ok((rows.into_iter().map(|(name, _)| name).collect(), keys))
}

/// A row, and its key, as JSON. `of`: what stands before the name of a column.
fn as_json(of: &str, columns: &[String], keys: &[String]) -> (String, String) {
    let keys: Vec<String> = keys.iter().map(|it| format!("{of}{it}")).collect();
    let fields: Vec<String> = columns.iter().map(|it| format!("'{it}', {of}{it}")).collect();
    (format!("json_array({})", keys.join(", ")), format!("json_object({})", fields.join(", ")))
}

fn all_rows(connection: &Connection) -> Result<Vec<Row>, LedgerError> {
    let mut all = Vec::new();
    for table in CARRIED {
        let (columns, keys) = columns(connection, table)?;
        let (key, row) = as_json("", &columns, &keys);
        let mut statement = connection.prepare(&format!("SELECT {key}, {row} FROM {table}"))?;
        let rows = statement
            .query_map([], |row| Ok(Row { table: table.to_owned(), key: row.get(0)?, text: row.get(1)? }))?;
        for row in rows {
            all.push(row?);
        }
    }
    Ok(all)
}

/// Lets this connection note what changes, and which change of the database the file has then.
fn watch(connection: &Connection, noted: &Shared) -> Result<(), LedgerError> {
    let (changes, versions) = (Arc::clone(noted), Arc::clone(noted));
    connection.create_scalar_function("carry", 3, FunctionFlags::SQLITE_UTF8, move |context| {
        let (table, key) = (context.get::<String>(0)?, context.get::<String>(1)?);
        let row = context.get::<Option<String>>(2)?;
        changes.lock().unwrap_or_else(PoisonError::into_inner).changes.rows.insert((table, key), row);
        Ok(true)
    })?;
    connection.create_scalar_function("carried", 0, FunctionFlags::SQLITE_UTF8, move |_| {
        Ok(versions.lock().unwrap_or_else(PoisonError::into_inner).version + 1)
    })?;
    // Also rows that a new one with the same key, or one that they belong to, takes away.
    connection.pragma_update(None, "recursive_triggers", true)?;
    for table in CARRIED {
        let (columns, keys) = columns(connection, table)?;
        let (new_key, new) = as_json("NEW.", &columns, &keys);
        let (old_key, _) = as_json("OLD.", &columns, &keys);
        let count = format!(
            "UPDATE facts SET value = carried() WHERE name = '{CARRIED_FACT}' AND value != carried();"
        );
        connection.execute_batch(&format!(
            "CREATE TEMP TRIGGER carry_{table}_new AFTER INSERT ON main.{table} BEGIN
                 SELECT carry('{table}', {new_key}, {new}); {count} END;
             CREATE TEMP TRIGGER carry_{table}_changed AFTER UPDATE ON main.{table} BEGIN
                 SELECT carry('{table}', {old_key}, NULL); SELECT carry('{table}', {new_key}, {new}); {count} END;
             CREATE TEMP TRIGGER carry_{table}_gone AFTER DELETE ON main.{table} BEGIN
                 SELECT carry('{table}', {old_key}, NULL); {count} END;"
        ))?;
    }
    Ok(())
}

/// Lets the database have the last word about a commit.
fn hook(connection: &mut Connection, noted: &Shared, lease: &Arc<Lease>) -> Result<(), LedgerError> {
    let (committed, undone, lease) = (Arc::clone(noted), Arc::clone(noted), Arc::clone(lease));
    let is_refused = move || {
        let mut noted = committed.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.changes == Changes::default() {
            return false;
        }
        let changes = std::mem::take(&mut noted.changes);
        match lease.push(noted.version + 1, VERSION, changes) {
            Ok(()) => {
                noted.version += 1;
                false
            }
            Err(error) => {
                error::note_refusal(error);
                true
            }
        }
    };
    connection.commit_hook(Some(is_refused))?;
    connection.rollback_hook(Some(move || {
        undone.lock().unwrap_or_else(PoisonError::into_inner).changes = Changes::default();
    }))?;
    Ok(())
}

/// Gives the database everything that is here, in the place of whatever it has.
fn seed(connection: &mut Connection, noted: &Shared) -> Result<(), LedgerError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let next = noted.lock().unwrap_or_else(PoisonError::into_inner).version + 1;
    schema::set_fact(&transaction, CARRIED_FACT, next)?;
    let rows = all_rows(&transaction)?.into_iter().map(|it| ((it.table, it.key), Some(it.text))).collect();
    noted.lock().unwrap_or_else(PoisonError::into_inner).changes = Changes { rows, all: true };
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::ledger::{Ledger, RunOutcome, Trigger};

    fn opened(path: &Path) -> Ledger {
        Ledger::open(path, Clock::Fixed(Timestamp(0))).expect("a local disk").into_ledger()
    }

    #[test]
    fn every_table_is_carried_or_stays_on_purpose_and_has_a_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = opened(&folder.path().join("connector.db"));
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        let mut statement = ledger.connection.prepare(sql).expect("a table");
        let found = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows");
        let mut found: Vec<String> = found.collect::<Result<_, _>>().expect("texts");
        let mut known: Vec<String> = CARRIED.iter().chain(&LOCAL).map(|it| (*it).to_owned()).collect();
        found.sort();
        known.sort();
        assert_eq!(found, known);
        for table in CARRIED {
            assert!(!columns(&ledger.connection, table).expect("columns").1.is_empty(), "{table}");
        }
    }

    /// Changes of one file, noted by their triggers, make another file equal.
    #[test]
    fn what_is_noted_makes_another_file_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut one = opened(&folder.path().join("one.db"));
        let noted: Shared = Arc::new(Mutex::new(Noted { changes: Changes::default(), version: 4 }));
        schema::set_fact(&one.connection, CARRIED_FACT, 4).expect("written");
        watch(&one.connection, &noted).expect("triggers");
        one.connection
            .execute_batch(
                "INSERT INTO external_ids VALUES (1, 'cn=ann'), (2, 'cn=\u{1f600}\"');
                 INSERT INTO people (external_id, source, position, email, revoked_by_us) VALUES (1, '', 0, 'a@x', 0);
                 INSERT OR REPLACE INTO people (external_id, source, position, email, revoked_by_us)
                 VALUES (1, '', 1, 'b@x', 1);
                 INSERT INTO groups (id, source, external_id, position, name) VALUES (7, '', 'g', 0, 'G');
                 INSERT INTO memberships VALUES (7, '[1,2]');
                 DELETE FROM groups WHERE id = 7;",
            )
            .expect("ours");
        let run = one.begin_run(Timestamp(5), Trigger::default()).expect("begun");
        let rows = noted.lock().expect("nobody panics").changes.rows.clone();
        assert!(rows.iter().all(|((table, _), row)| table != "memberships" || row.is_none()), "{rows:?}");
        let mut other = opened(&folder.path().join("two.db"));
        other.connection.execute("INSERT INTO waiting VALUES ('gone', 0)", []).expect("ours");
        let rows: Vec<Row> =
            rows.into_iter().filter_map(|((table, key), row)| Some(Row { table, key, text: row? })).collect();
        replace(&mut other.connection, &rows).expect("taken");
        assert_eq!(schema::fact(&other.connection, CARRIED_FACT).expect("a number"), Some(5));
        assert_eq!(all_rows(&other.connection).expect("rows"), all_rows(&one.connection).expect("rows"));
        // Numbers of runs go on.
        let next = other.begin_run(Timestamp(6), Trigger::default()).expect("begun");
        assert_eq!(next.0, run.0 + 1);
        assert!(
            other
                .runs(9)
                .expect("readable")
                .iter()
                .all(|it| it.outcome.is_none_or(|it| it == RunOutcome::Interrupted))
        );
    }

    #[test]
    fn rows_of_an_older_program_take_the_steps_of_an_older_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let older = Connection::open_in_memory().expect("a database");
        schema::make_version(&older, 10).expect("tables");
        older
            .execute_batch(
                "INSERT INTO external_ids VALUES (1, 'cn=ann');
                 INSERT INTO people (external_id, source, position, email, revoked_by_us) VALUES (1, '', 0, 'a@x', 1);",
            )
            .expect("ours");
        let row = |table: &str, sql: &str| Row {
            table: table.to_owned(),
            key: "[1]".to_owned(),
            text: older.query_row(sql, [], |row| row.get(0)).expect("a row"),
        };
        let rows = [
            row("external_ids", "SELECT json_object('id', id, 'text', text) FROM external_ids"),
            row(
                "people",
                "SELECT json_object('external_id', external_id, 'source', source, 'position', position, 'email', email,
                 'revoked_by_us', revoked_by_us) FROM people",
            ),
        ];
        let mut ledger = opened(&folder.path().join("connector.db"));
        take_over(&mut ledger.connection, &rows, 10).expect("taken");
        let state = ledger.state().expect("readable");
        assert_eq!((state.people.len(), state.people[0].email.as_str()), (1, "a@x"));
        let told: Vec<_> = state.addresses.of(&state.people[0].external_id).iter().collect();
        assert!(matches!(told[..], [one] if one.taken), "the step of version 11 was taken: {told:?}");
    }
}
