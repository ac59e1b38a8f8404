//! Which organization and which directory the ledger is about: what is known of one must never decide over another.

use super::{Ledger, LedgerError, journal, sources};
use bwdc_core::names::SourceName;
use rusqlite::OptionalExtension;

/// What says nothing of another organization.
const ALL: [&str; 18] = [
    "memberships",
    "groups",
    "people",
    "addresses",
    "external_ids",
    "quarantine",
    "taken",
    "facts",
    "mirror_objects",
    "mirrors",
    "sources",
    "shared_marks",
    "refusals",
    "waiting",
    "without_address",
    "decisions",
    "mended",
    "seen",
];

/// What says nothing of the same organization beside another directory.
const OF_A_DIRECTORY: [&str; 11] = [
    "quarantine",
    "facts",
    "mirror_objects",
    "mirrors",
    "shared_marks",
    "refusals",
    "waiting",
    "without_address",
    "decisions",
    "mended",
    "seen",
];

/// What a ledger is about, seen from an organization and its first directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// These, or nothing yet.
    Same,
    /// This organization, and another directory.
    AnotherDirectory {
        /// Kind and account of that one.
        former: String,
    },
    /// Another organization.
    AnotherOrganization,
}

impl Ledger {
    /// What the ledger is about. `server`: the API's URL, a space, and the first directory by kind and account.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn about(&self, server: &str, organization_id: &str) -> Result<About, LedgerError> {
        let known = self.organization()?;
        Ok(known.map_or(About::Same, |known| compare(&known, server, organization_id)))
    }

    /// Makes the ledger one about this organization and directory. What it knew of another organization is forgotten; what came
    /// from another directory is kept as memory. In both cases the next run takes a baseline. The history of runs stays. Returns
    /// what it was about before.
    ///
    /// # Errors
    /// [`LedgerError`]; the ledger is then as it was before.
    pub fn begin_with(&mut self, server: &str, organization_id: &str) -> Result<About, LedgerError> {
        let about = self.about(server, organization_id)?;
        if about == About::Same && self.organization()?.is_some() {
            return Ok(about);
        }
        let transaction = self.writing()?;
        if about != About::Same {
            // Another directory may be about the same organization.
            let imports_until = journal::imports_until(&transaction)?;
            let forgotten: &[&str] = match &about {
                About::AnotherDirectory { .. } => &OF_A_DIRECTORY,
                _ => &ALL,
            };
            for table in forgotten {
                transaction.execute(&format!("DELETE FROM {table}"), [])?;
            }
            transaction.execute("UPDATE intents SET request = NULL", [])?;
            journal::note_imports_until(&transaction, imports_until)?;
            if let About::AnotherDirectory { former } = &about {
                let primary = SourceName::primary();
                sources::lead_elsewhere(&transaction, &primary, former)?;
                sources::come_back(&transaction, &primary, directory_of(server))?;
                transaction.execute("DELETE FROM sources WHERE name = ?1", [primary.as_str()])?;
            }
        }
        transaction.execute(
            "INSERT OR REPLACE INTO organization (only, server, id) VALUES (1, ?1, ?2)",
            (server, organization_id),
        )?;
        transaction.commit()?;
        Ok(about)
    }

    /// Server and id.
    fn organization(&self) -> Result<Option<(String, String)>, LedgerError> {
        let row = self
            .connection
            .query_row("SELECT server, id FROM organization", [], |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(row.optional()?)
    }
}

/// The API's URL has no space in it.
fn directory_of(server: &str) -> &str {
    server.split_once(' ').map_or("", |(_, directory)| directory)
}

fn compare((known, id): &(String, String), server: &str, organization_id: &str) -> About {
    let api = |it: &str| it.split(' ').next().unwrap_or_default().to_owned();
    if api(known) != api(server) || !id.eq_ignore_ascii_case(organization_id) {
        return About::AnotherOrganization;
    }
    if known == server {
        return About::Same;
    }
    About::AnotherDirectory { former: directory_of(known).to_owned() }
}
