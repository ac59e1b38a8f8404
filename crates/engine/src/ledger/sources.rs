//! Which directory each source was, and whether a run has compared it: what is known of one must never decide over another.

use super::{Ledger, LedgerError};
use bwdc_core::ledger::LedgerState;
use bwdc_core::names::SourceName;
use rusqlite::{Connection, OptionalExtension};

/// A source as the settings describe it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePlace {
    /// Its name.
    pub name: SourceName,
    /// Kind and account; blank for the first source, which the whole ledger is about.
    pub place: String,
}

impl Ledger {
    /// Takes over which directories take part. A name that stands for another directory now begins anew: its people and
    /// groups are kept as those of a former directory, so that nobody of it is asked for in the new one, and come back with the
    /// directory. Returns those names.
    ///
    /// # Errors
    /// [`LedgerError`]; the ledger is then as it was before.
    pub fn begin_sources(&mut self, sources: &[SourcePlace]) -> Result<Vec<SourceName>, LedgerError> {
        let transaction = self.writing()?;
        let mut moved = Vec::new();
        for SourcePlace { name, place } in sources {
            let known = known(&transaction, name)?;
            if known.as_ref().is_some_and(|(known, _)| known == place) {
                continue;
            }
            if let Some((former, _)) = known {
                lead_elsewhere(&transaction, name, &former)?;
                moved.push(name.clone());
            }
            come_back(&transaction, name, place)?;
            transaction.execute(
                "INSERT OR REPLACE INTO sources (name, place, compared) VALUES (?1, ?2, 0)",
                (name.as_str(), place),
            )?;
        }
        transaction.commit()?;
        Ok(moved)
    }

    /// As [`Ledger::state`], with the sources that no run has compared yet; what is known of a source that is another
    /// directory now is that of a former one.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn state_of(&self, sources: &[SourcePlace]) -> Result<LedgerState, LedgerError> {
        let mut state = self.state()?;
        for SourcePlace { name, place } in sources {
            match known(&self.connection, name)? {
                Some((known, true)) if known == *place => {}
                Some((known, _)) if known != *place => {
                    state.lead_elsewhere(name, &known);
                    state.come_back(name, place);
                    state.new_sources.push(name.clone());
                }
                _ => state.new_sources.push(name.clone()),
            }
        }
        // One that the settings do not name now is as new as before when it comes back.
        let mut statement =
            self.connection.prepare("SELECT name FROM sources WHERE compared = 0 ORDER BY name")?;
        for name in statement.query_map([], |row| row.get::<_, String>(0))? {
            let name = SourceName::new(name?);
            if !state.new_sources.contains(&name) {
                state.new_sources.push(name);
            }
        }
        Ok(state)
    }
}

/// Notes which sources a run has compared: all of those that are known, but for these.
pub(super) fn compared(connection: &Connection, new: &[SourceName]) -> Result<(), LedgerError> {
    connection.execute("UPDATE sources SET compared = 1", [])?;
    for name in new {
        connection.execute("UPDATE sources SET compared = 0 WHERE name = ?1", [name.as_str()])?;
    }
    Ok(())
}

fn known(connection: &Connection, name: &SourceName) -> Result<Option<(String, bool)>, LedgerError> {
    let mut statement = connection.prepare("SELECT place, compared FROM sources WHERE name = ?1")?;
    Ok(statement.query_row([name.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// Keeps what came from a source as that of a former directory. Of whom nobody knows the source, nobody may ask another one.
pub(super) fn lead_elsewhere(
    connection: &Connection,
    name: &SourceName,
    former: &str,
) -> Result<(), LedgerError> {
    let kept = SourceName::former(former);
    for table in ["people", "groups"] {
        connection.execute(
            &format!("UPDATE {table} SET source = ?1 WHERE source IN (?2, ?3)"),
            (kept.as_str(), name.as_str(), SourceName::untold().as_str()),
        )?;
    }
    Ok(())
}

/// Gives a source what came from its directory before, when it led there.
pub(super) fn come_back(connection: &Connection, name: &SourceName, place: &str) -> Result<(), LedgerError> {
    for table in ["people", "groups"] {
        connection.execute(
            &format!("UPDATE {table} SET source = ?1 WHERE source = ?2"),
            (name.as_str(), SourceName::former(place).as_str()),
        )?;
    }
    Ok(())
}
