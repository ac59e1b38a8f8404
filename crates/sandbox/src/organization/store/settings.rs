//! Rows beside members and groups: collections and who has access, policies, and the event log.

use rusqlite::params;
use uuid::Uuid;

use super::super::model::CollectionAccess;
use super::{Result, Store, read_access};

#[derive(Clone, Debug)]
pub(crate) struct CollectionRow {
    pub(crate) row: i64,
    pub(crate) id: String,
    pub(crate) external_id: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct PolicyRow {
    pub(crate) kind: i64,
    pub(crate) id: String,
    pub(crate) enabled: bool,
    pub(crate) data: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct EventRow {
    pub(crate) row: i64,
    pub(crate) seconds: i64,
    pub(crate) kind: i64,
    pub(crate) member_id: Option<String>,
    pub(crate) group_id: Option<String>,
}

/// Who has access to a collection.
#[derive(Clone, Copy)]
pub(crate) enum Holder {
    Member(i64),
    Group(i64),
}

impl Holder {
    fn table(self) -> (&'static str, i64) {
        match self {
            Holder::Member(row) => ("member_collection", row),
            Holder::Group(row) => ("group_collection", row),
        }
    }
}

impl Store {
    pub(crate) fn collections(&self) -> Result<Vec<CollectionRow>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT row, id, external_id FROM shared_collection ORDER BY row")?;
        let rows = statement.query_map([], |row| {
            Ok(CollectionRow { row: row.get(0)?, id: row.get(1)?, external_id: row.get(2)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub(crate) fn insert_collection(&self, external_id: Option<&str>) -> Result<String> {
        let id = Uuid::new_v4().to_string();
        self.execute("INSERT INTO collection (id, external_id) VALUES (?1, ?2)", params![id, external_id])?;
        Ok(id)
    }

    /// Makes a collection that belongs to one person: it is never shown and never taken away.
    pub(crate) fn insert_default_collection(&self) -> Result<String> {
        let id = self.insert_collection(None)?;
        self.execute(
            "INSERT INTO default_collection (collection_row) SELECT row FROM collection WHERE id = ?1",
            [&id],
        )?;
        Ok(id)
    }

    /// Whether a member has access to a collection, shown or not.
    pub(crate) fn has_access(&self, member: i64, collection: &str) -> Result<bool> {
        let mut statement = self.connection.prepare_cached(
            "SELECT 1 FROM member_collection JOIN collection ON collection.row = collection_row \
             WHERE owner_row = ?1 AND collection.id = ?2",
        )?;
        Ok(statement.exists(params![member, collection])?)
    }

    pub(crate) fn set_collection_external_id(&self, row: i64, external_id: Option<&str>) -> Result<()> {
        self.execute("UPDATE collection SET external_id = ?2 WHERE row = ?1", params![row, external_id])
    }

    pub(crate) fn delete_collection(&self, row: i64) -> Result<()> {
        self.execute("DELETE FROM collection WHERE row = ?1", [row])
    }

    /// Gives access; an unknown collection is passed over.
    pub(crate) fn give_collection(&self, holder: Holder, access: &CollectionAccess) -> Result<()> {
        let (table, row) = holder.table();
        self.execute(
            &format!(
                "INSERT OR REPLACE INTO {table} (owner_row, collection_row, read_only, hide_passwords, manage) \
                 SELECT ?1, row, ?3, ?4, ?5 FROM collection WHERE id = ?2"
            ),
            params![row, access.id, access.read_only, access.hide_passwords, access.manage],
        )
    }

    pub(crate) fn replace_collections(&self, holder: Holder, access: &[CollectionAccess]) -> Result<()> {
        let (table, row) = holder.table();
        self.execute(
            &format!(
                "DELETE FROM {table} WHERE owner_row = ?1 \
                 AND collection_row NOT IN (SELECT collection_row FROM default_collection)"
            ),
            [row],
        )?;
        access.iter().try_for_each(|access| self.give_collection(holder, access))
    }

    pub(crate) fn collections_of(&self, holder: Holder) -> Result<Vec<CollectionAccess>> {
        let (table, row) = holder.table();
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT collection.id, read_only, hide_passwords, manage FROM {table} \
             JOIN shared_collection AS collection ON collection.row = collection_row \
             WHERE owner_row = ?1 ORDER BY collection_row"
        ))?;
        let rows = statement.query_map([row], read_access)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Lists the ids of the groups with access to a collection, with their access.
    pub(crate) fn groups_with_collection(&self, collection: &str) -> Result<Vec<(String, CollectionAccess)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT collection.id, read_only, hide_passwords, manage, \"group\".id FROM group_collection \
             JOIN collection ON collection.row = collection_row JOIN \"group\" ON \"group\".row = owner_row \
             WHERE collection.id = ?1 ORDER BY owner_row",
        )?;
        let rows = statement.query_map([collection], |row| Ok((row.get(4)?, read_access(row)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub(crate) fn policies(&self) -> Result<Vec<PolicyRow>> {
        let mut statement =
            self.connection.prepare_cached("SELECT type, id, enabled, data FROM policy ORDER BY type")?;
        let rows = statement.query_map([], |row| {
            Ok(PolicyRow { kind: row.get(0)?, id: row.get(1)?, enabled: row.get(2)?, data: row.get(3)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub(crate) fn put_policy(&self, kind: i64, enabled: bool, data: Option<&str>) -> Result<()> {
        self.execute(
            "INSERT INTO policy (type, id, enabled, data) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (type) DO UPDATE SET enabled = ?3, data = ?4",
            params![kind, Uuid::new_v4().to_string(), enabled, data],
        )
    }

    pub(crate) fn insert_event(&self, event: &EventRow) -> Result<()> {
        self.execute(
            "INSERT INTO event (seconds, type, member_id, group_id) VALUES (?1, ?2, ?3, ?4)",
            params![event.seconds, event.kind, event.member_id, event.group_id],
        )
    }

    /// Lists events between two times in seconds, newest first, older than the given row.
    pub(crate) fn events(&self, start: i64, end: i64, before: i64, limit: usize) -> Result<Vec<EventRow>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT row, seconds, type, member_id, group_id FROM event WHERE seconds BETWEEN ?1 AND ?2 AND row < ?3 \
             ORDER BY row DESC LIMIT ?4",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![start, end, before, limit], |row| {
            Ok(EventRow {
                row: row.get(0)?,
                seconds: row.get(1)?,
                kind: row.get(2)?,
                member_id: row.get(3)?,
                group_id: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
