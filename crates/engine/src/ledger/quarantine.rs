//! Refused runs and their approvals, and what runs took away: the limits look at a day, not at a run.

use super::{Ledger, LedgerError, RunId};
use bwdc_core::names::Timestamp;
use bwdc_core::plan::ApprovalScope;
use rusqlite::OptionalExtension;

/// How long an approval counts, in milliseconds: 24 hours.
pub(crate) const APPROVAL: i64 = 24 * 60 * 60 * 1000;
/// How long it is remembered what a run took away, in milliseconds: longer than any window of the limits.
pub(super) const TAKEN: i64 = 32 * 24 * 60 * 60 * 1000;

impl Ledger {
    /// Remembers what a refused run would have taken, and the fingerprint of the settings that it had, where there is one.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn quarantine(
        &mut self,
        run: RunId,
        scope: &ApprovalScope,
        settings: Option<&str>,
    ) -> Result<(), LedgerError> {
        let text = serde_json::to_string(scope).expect("sets of strings are JSON");
        self.connection
            .execute(
                "INSERT INTO quarantine (run, takings, settings) VALUES (?1, ?2, ?3)",
                (run.0, text, settings),
            )
            .map(|_| ())?;
        Ok(())
    }

    /// Approves what a refused run would have taken: the given run, else the last one. None: no such run was refused. Where
    /// it would have taken nothing, something else stood in its way, and nothing is approved.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn approve(
        &mut self,
        run: Option<RunId>,
        now: Timestamp,
    ) -> Result<Option<(RunId, ApprovalScope)>, LedgerError> {
        let Some((run, scope)) = self.quarantined(run)? else { return Ok(None) };
        if scope == ApprovalScope::default() {
            return Ok(Some((run, scope)));
        }
        self.connection.execute("UPDATE quarantine SET approved_at = ?2 WHERE run = ?1", (run.0, now.0))?;
        Ok(Some((run, scope)))
    }

    /// What a refused run would have taken: the given run, else the last one. None: no such run was refused.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn quarantined(&self, run: Option<RunId>) -> Result<Option<(RunId, ApprovalScope)>, LedgerError> {
        let found = self.connection.query_row(
            "SELECT run, takings FROM quarantine WHERE ?1 IS NULL OR run = ?1 ORDER BY run DESC LIMIT 1",
            [run.map(|it| it.0)],
            |row| Ok((row.get(0)?, row.get::<_, String>(1)?)),
        );
        let Some((run, text)) = found.optional()? else { return Ok(None) };
        Ok(serde_json::from_str(&text).ok().map(|scope| (RunId(run), scope)))
    }

    /// The fingerprint of the settings that a refused run had; None: it is not known.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn settings_of_refused(&self, run: RunId) -> Result<Option<String>, LedgerError> {
        let sql = "SELECT settings FROM quarantine WHERE run = ?1";
        let found: Option<Option<String>> =
            self.connection.query_row(sql, [run.0], |row| row.get(0)).optional()?;
        Ok(found.flatten())
    }

    /// Takes an approval back that counts at `now`: that of the given run, else the last one. None: there is none.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn withdraw(&mut self, run: Option<RunId>, now: Timestamp) -> Result<Option<RunId>, LedgerError> {
        let found: Option<i64> = self
            .connection
            .query_row(
                "SELECT run FROM quarantine WHERE (?1 IS NULL OR run = ?1) AND approved_at BETWEEN ?2 AND ?3
                 ORDER BY approved_at DESC, run DESC LIMIT 1",
                (run.map(|it| it.0), now.0.saturating_sub(APPROVAL), now.0),
                |row| row.get(0),
            )
            .optional()?;
        let Some(run) = found else { return Ok(None) };
        self.connection.execute("UPDATE quarantine SET approved_at = NULL WHERE run = ?1", [run])?;
        Ok(Some(RunId(run)))
    }

    /// The approvals that count at `now`.
    ///
    /// # Errors
    /// [`LedgerError`] when they cannot be read.
    pub fn approvals(&self, now: Timestamp) -> Result<Vec<ApprovalScope>, LedgerError> {
        let mut statement =
            self.connection.prepare("SELECT takings FROM quarantine WHERE approved_at BETWEEN ?1 AND ?2")?;
        let texts =
            statement.query_map((now.0.saturating_sub(APPROVAL), now.0), |row| row.get::<_, String>(0))?;
        let texts: Vec<String> = texts.collect::<Result<_, _>>()?;
        Ok(texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect())
    }

    /// When a refused run was approved; None: it was not, or that was taken back.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn approved_at(&self, run: RunId) -> Result<Option<Timestamp>, LedgerError> {
        let sql = "SELECT approved_at FROM quarantine WHERE run = ?1";
        let found: Option<Option<i64>> =
            self.connection.query_row(sql, [run.0], |row| row.get(0)).optional()?;
        Ok(found.flatten().map(Timestamp))
    }

    /// The approvals that count at `now`, the latest first: the refused run, and until when.
    ///
    /// # Errors
    /// [`LedgerError`] when they cannot be read.
    pub fn standing_approvals(
        &self,
        now: Timestamp,
    ) -> Result<Vec<(RunId, Timestamp, ApprovalScope)>, LedgerError> {
        let mut statement = self.connection.prepare(
            "SELECT run, approved_at, takings FROM quarantine WHERE approved_at BETWEEN ?1 AND ?2
             ORDER BY approved_at DESC, run DESC",
        )?;
        let mut rows = statement.query((now.0.saturating_sub(APPROVAL), now.0))?;
        let mut standing = Vec::new();
        while let Some(row) = rows.next()? {
            let (run, at) = (RunId(row.get(0)?), row.get::<_, i64>(1)?);
            let scope = serde_json::from_str(&row.get::<_, String>(2)?).ok();
            standing.extend(scope.map(|scope| (run, Timestamp(at.saturating_add(APPROVAL)), scope)));
        }
        Ok(standing)
    }

    /// Writes down what a run is about to take away, all of it; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`LedgerError`]; nothing must be sent then.
    pub fn note_taken(
        &mut self,
        run: RunId,
        scope: &ApprovalScope,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let text = serde_json::to_string(scope).expect("sets of strings are JSON");
        let transaction = self.writing()?;
        transaction.execute("DELETE FROM taken WHERE at < ?1", [now.0.saturating_sub(TAKEN)])?;
        transaction.execute(
            "INSERT OR REPLACE INTO taken (run, at, takings) VALUES (?1, ?2, ?3)",
            (run.0, now.0, text),
        )?;
        Ok(transaction.commit()?)
    }

    /// What runs took away since a point in time, as one set. Something with a time in the future counts too: the clock
    /// was set back.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn taken_since(&self, since: Timestamp) -> Result<ApprovalScope, LedgerError> {
        let mut statement = self.connection.prepare("SELECT takings FROM taken WHERE at > ?1")?;
        let texts = statement.query_map([since.0], |row| row.get::<_, String>(0))?;
        let mut all = ApprovalScope::default();
        for text in texts {
            if let Ok(scope) = serde_json::from_str(&text?) {
                all.add(&scope);
            }
        }
        Ok(all)
    }
}
