//! The organization's rows in SQLite.
//!
//! Only plain reads and writes live here; which of them an import does, and in which order, is the business of
//! the modules that know a server. Nothing opens a transaction by itself, so that a caller can store what the
//! imitated server would have stored before it failed, and no more.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::model::{CollectionAccess, Group, Member, MemberStatus, NewMember, Role};
use super::options::Database;

mod settings;

pub(crate) use settings::{CollectionRow, EventRow, Holder, PolicyRow};

/// The database refused.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox's database refused")]
pub struct StoreError(#[from] rusqlite::Error);

type Result<T> = std::result::Result<T, StoreError>;

pub(crate) struct Store {
    connection: Connection,
}

/// A member with the row number that the other tables refer to.
#[derive(Clone, Debug)]
pub(crate) struct MemberRow {
    pub(crate) row: i64,
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) external_id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) role: i64,
    pub(crate) status: i64,
    pub(crate) user_id: Option<String>,
    pub(crate) has_master_password: bool,
    pub(crate) confirmed: bool,
    pub(crate) permissions: Option<String>,
    /// Prepared without an invitation, and nothing since.
    pub(crate) staged: bool,
    /// The account has two-step login.
    pub(crate) two_step: bool,
    /// The account is in another organization, too.
    pub(crate) elsewhere: bool,
}

impl MemberRow {
    /// Returns the external id unless it is blank.
    pub(crate) fn known_external_id(&self) -> Option<&str> {
        self.external_id.as_deref().filter(|id| !id.trim().is_empty())
    }

    pub(crate) fn is_owner(&self) -> bool {
        self.role == Role::Owner.number()
    }

    pub(crate) fn is_confirmed_owner(&self) -> bool {
        self.is_owner() && self.status == MemberStatus::Confirmed.number()
    }

    /// What the member is again once the revocation is lifted.
    pub(crate) fn status_without_revocation(&self) -> MemberStatus {
        match (&self.user_id, self.confirmed) {
            (None, _) if self.staged => MemberStatus::Staged,
            (None, _) => MemberStatus::Invited,
            (Some(_), false) => MemberStatus::Accepted,
            (Some(_), true) => MemberStatus::Confirmed,
        }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<MemberRow> {
        Ok(MemberRow {
            row: row.get(0)?,
            id: row.get(1)?,
            email: row.get(2)?,
            external_id: row.get(3)?,
            name: row.get(4)?,
            role: row.get(5)?,
            status: row.get(6)?,
            user_id: row.get(7)?,
            has_master_password: row.get(8)?,
            confirmed: row.get(9)?,
            permissions: row.get(10)?,
            staged: row.get(11)?,
            two_step: row.get(12)?,
            elsewhere: row.get(13)?,
        })
    }
}

const MEMBER: &str = "SELECT row, id, email, external_id, name, role, status, user_id, has_master_password, \
                      confirmed, permissions, staged, two_step, elsewhere FROM member";

#[derive(Clone, Debug)]
pub(crate) struct GroupRow {
    pub(crate) row: i64,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) external_id: Option<String>,
}

impl GroupRow {
    pub(crate) fn known_external_id(&self) -> Option<&str> {
        self.external_id.as_deref().filter(|id| !id.trim().is_empty())
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<GroupRow> {
        Ok(GroupRow { row: row.get(0)?, id: row.get(1)?, name: row.get(2)?, external_id: row.get(3)? })
    }
}

const GROUP: &str = "SELECT row, id, name, external_id FROM \"group\"";

impl Store {
    pub(crate) fn open(database: &Database) -> Result<Store> {
        let connection = match database {
            Database::Memory => Connection::open_in_memory()?,
            Database::File(path) => Connection::open(path)?,
        };
        connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF;")?;
        connection.execute_batch(include_str!("schema.sql"))?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Store { connection })
    }

    /// Runs a step in one transaction: all of it is stored or, after an error, none.
    pub(crate) fn step<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Store) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let transaction = self.connection.unchecked_transaction().map_err(StoreError)?;
        let done = work(self)?;
        transaction.commit().map_err(StoreError)?;
        Ok(done)
    }

    pub(crate) fn setting(&self, key: &str) -> Result<Option<String>> {
        let mut statement = self.connection.prepare_cached("SELECT value FROM setting WHERE key = ?1")?;
        Ok(statement.query_row([key], |row| row.get(0)).optional()?)
    }

    pub(crate) fn set_setting(&self, key: &str, value: &str) -> Result<()> {
        self.execute("INSERT OR REPLACE INTO setting (key, value) VALUES (?1, ?2)", params![key, value])
    }

    pub(crate) fn add_account(&self, email: &str) -> Result<()> {
        self.execute("INSERT OR IGNORE INTO account (email) VALUES (?1)", [email.to_lowercase()])
    }

    pub(crate) fn has_account(&self, email: &str) -> Result<bool> {
        let mut statement = self.connection.prepare_cached("SELECT 1 FROM account WHERE email = ?1")?;
        Ok(statement.exists([email.to_lowercase()])?)
    }

    pub(crate) fn members(&self) -> Result<Vec<MemberRow>> {
        self.member_rows(&format!("{MEMBER} ORDER BY row"), [])
    }

    pub(crate) fn member(&self, id: &str) -> Result<Option<MemberRow>> {
        Ok(self.member_rows(&format!("{MEMBER} WHERE id = ?1"), [id])?.into_iter().next())
    }

    /// Lists the members with an address, in any case. SQLite lowers ASCII alone, so the whole lowering is asked for, too.
    pub(crate) fn members_by_email(&self, email: &str) -> Result<Vec<MemberRow>> {
        let query = format!("{MEMBER} WHERE lower(email) IN (lower(?1), lower(?2)) ORDER BY row");
        self.member_rows(&query, [email, &email.to_lowercase()])
    }

    /// Finds a member by the id of the membership, or the first one by the address.
    pub(crate) fn find_member(&self, who: &str) -> Result<Option<MemberRow>> {
        match self.member(who)? {
            Some(member) => Ok(Some(member)),
            None => Ok(self.members_by_email(who)?.into_iter().next()),
        }
    }

    pub(crate) fn members_by_external_id(&self, external_id: &str) -> Result<Vec<MemberRow>> {
        self.member_rows(&format!("{MEMBER} WHERE external_id = ?1 ORDER BY row"), [external_id])
    }

    pub(crate) fn members_in_group(&self, group: i64) -> Result<Vec<MemberRow>> {
        let query = format!(
            "{MEMBER} WHERE row IN (SELECT member_row FROM membership WHERE group_row = ?1) ORDER BY row"
        );
        self.member_rows(&query, [group])
    }

    fn member_rows(&self, query: &str, parameters: impl rusqlite::Params) -> Result<Vec<MemberRow>> {
        let mut statement = self.connection.prepare_cached(query)?;
        let rows = statement.query_map(parameters, MemberRow::read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub(crate) fn confirmed_owners(&self) -> Result<u32> {
        self.count("SELECT count(*) FROM member WHERE role = 0 AND status = 2")
    }

    /// Counts the invited, accepted and confirmed members: those that take a seat.
    pub(crate) fn occupied_seats(&self) -> Result<u32> {
        self.count("SELECT count(*) FROM member WHERE status IN (0, 1, 2)")
    }

    fn count(&self, query: &str) -> Result<u32> {
        Ok(self.connection.prepare_cached(query)?.query_row([], |row| row.get(0))?)
    }

    /// Stores a member under a new id, with the status number given.
    pub(crate) fn insert_member(&self, new: &NewMember, status: i64) -> Result<MemberRow> {
        let is_linked = new.has_master_password
            || matches!(new.status, MemberStatus::Accepted | MemberStatus::Confirmed)
            || new.name.is_some();
        let mut member = MemberRow {
            row: 0,
            id: Uuid::new_v4().to_string(),
            email: new.email.clone(),
            external_id: new.external_id.clone(),
            name: new.name.clone(),
            role: new.role.number(),
            status,
            user_id: is_linked.then(|| Uuid::new_v4().to_string()),
            has_master_password: new.has_master_password,
            confirmed: new.status == MemberStatus::Confirmed
                || (new.status == MemberStatus::Revoked && new.has_master_password),
            permissions: None,
            staged: new.status == MemberStatus::Staged,
            two_step: new.two_step,
            elsewhere: new.elsewhere,
        };
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO member (id, email, external_id, name, role, status, user_id, has_master_password, \
             confirmed, staged, two_step, elsewhere) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?;
        member.row = statement.insert(params![
            member.id,
            member.email,
            member.external_id,
            member.name,
            member.role,
            member.status,
            member.user_id,
            member.has_master_password,
            member.confirmed,
            member.staged,
            member.two_step,
            member.elsewhere
        ])?;
        for access in &new.collections {
            self.give_collection(Holder::Member(member.row), access)?;
        }
        Ok(member)
    }

    /// Writes back everything about a member but the id.
    pub(crate) fn update_member(&self, member: &MemberRow) -> Result<()> {
        self.execute(
            "UPDATE member SET email = ?2, external_id = ?3, name = ?4, role = ?5, status = ?6, user_id = ?7, \
             has_master_password = ?8, confirmed = ?9, permissions = ?10, staged = ?11, two_step = ?12, \
             elsewhere = ?13 WHERE row = ?1",
            params![
                member.row,
                member.email,
                member.external_id,
                member.name,
                member.role,
                member.status,
                member.user_id,
                member.has_master_password,
                member.confirmed,
                member.permissions,
                member.staged,
                member.two_step,
                member.elsewhere
            ],
        )
    }

    pub(crate) fn set_external_id(&self, row: i64, external_id: &str) -> Result<()> {
        self.execute("UPDATE member SET external_id = ?2 WHERE row = ?1", params![row, external_id])
    }

    /// Writes the address of an account, in every membership of it.
    pub(crate) fn set_account_address(&self, user_id: &str, address: &str) -> Result<()> {
        self.execute("UPDATE member SET email = ?2 WHERE user_id = ?1", params![user_id, address])
    }

    pub(crate) fn delete_member(&self, row: i64) -> Result<()> {
        self.execute("DELETE FROM member WHERE row = ?1", [row])
    }

    pub(crate) fn groups(&self) -> Result<Vec<GroupRow>> {
        self.group_rows(&format!("{GROUP} ORDER BY row"), [])
    }

    pub(crate) fn group(&self, id: &str) -> Result<Option<GroupRow>> {
        Ok(self.group_rows(&format!("{GROUP} WHERE id = ?1"), [id])?.into_iter().next())
    }

    pub(crate) fn groups_by_external_id(&self, external_id: &str) -> Result<Vec<GroupRow>> {
        self.group_rows(&format!("{GROUP} WHERE external_id = ?1 ORDER BY row"), [external_id])
    }

    pub(crate) fn groups_of_member(&self, member: i64) -> Result<Vec<GroupRow>> {
        let query = format!(
            "{GROUP} WHERE row IN (SELECT group_row FROM membership WHERE member_row = ?1) ORDER BY row"
        );
        self.group_rows(&query, [member])
    }

    fn group_rows(&self, query: &str, parameters: impl rusqlite::Params) -> Result<Vec<GroupRow>> {
        let mut statement = self.connection.prepare_cached(query)?;
        let rows = statement.query_map(parameters, GroupRow::read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub(crate) fn insert_group(&self, name: &str, external_id: Option<&str>) -> Result<GroupRow> {
        let id = Uuid::new_v4().to_string();
        let mut statement = self
            .connection
            .prepare_cached("INSERT INTO \"group\" (id, name, external_id) VALUES (?1, ?2, ?3)")?;
        let row = statement.insert(params![id, name, external_id])?;
        Ok(GroupRow { row, id, name: name.to_owned(), external_id: external_id.map(str::to_owned) })
    }

    pub(crate) fn update_group(&self, group: &GroupRow) -> Result<()> {
        self.execute(
            "UPDATE \"group\" SET name = ?2, external_id = ?3 WHERE row = ?1",
            params![group.row, group.name, group.external_id],
        )
    }

    pub(crate) fn delete_group(&self, row: i64) -> Result<()> {
        self.execute("DELETE FROM \"group\" WHERE row = ?1", [row])
    }

    pub(crate) fn replace_group_members(
        &self,
        group: i64,
        members: impl IntoIterator<Item = i64>,
    ) -> Result<()> {
        self.execute("DELETE FROM membership WHERE group_row = ?1", [group])?;
        members.into_iter().try_for_each(|member| self.add_to_group(group, member))
    }

    pub(crate) fn replace_groups_of_member(
        &self,
        member: i64,
        groups: impl IntoIterator<Item = i64>,
    ) -> Result<()> {
        self.execute("DELETE FROM membership WHERE member_row = ?1", [member])?;
        groups.into_iter().try_for_each(|group| self.add_to_group(group, member))
    }

    pub(crate) fn add_to_group(&self, group: i64, member: i64) -> Result<()> {
        self.execute(
            "INSERT OR IGNORE INTO membership (group_row, member_row) SELECT ?1, row FROM member WHERE row = ?2",
            [group, member],
        )
    }

    /// Lists all memberships as pairs of a group's and a member's row.
    pub(crate) fn memberships(&self) -> Result<Vec<(i64, i64)>> {
        let mut statement = self.connection.prepare_cached("SELECT group_row, member_row FROM membership")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Reads all members with everything a test may ask for.
    pub(crate) fn full_members(&self) -> Result<Vec<Member>> {
        let mut access = self.all_access("member_collection")?;
        let members = self.members()?;
        Ok(members
            .into_iter()
            .map(|member| Member {
                status: MemberStatus::from_number(member.status),
                status_number: member.status,
                role: Role::from_number(member.role).unwrap_or(Role::Custom),
                external_id: member.known_external_id().map(str::to_owned),
                has_master_password: member.has_master_password,
                collections: access.remove(&member.row).unwrap_or_default(),
                id: member.id,
                email: member.email,
                name: member.name,
            })
            .collect())
    }

    /// Reads all groups with everything a test may ask for.
    pub(crate) fn full_groups(&self) -> Result<Vec<Group>> {
        let mut access = self.all_access("group_collection")?;
        let ids: BTreeMap<i64, String> =
            self.members()?.into_iter().map(|member| (member.row, member.id)).collect();
        let mut members: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
        for (group, member) in self.memberships()? {
            if let Some(id) = ids.get(&member) {
                members.entry(group).or_default().insert(id.clone());
            }
        }
        let groups = self.groups()?;
        Ok(groups
            .into_iter()
            .map(|group| Group {
                external_id: group.known_external_id().map(str::to_owned),
                members: members.remove(&group.row).unwrap_or_default(),
                collections: access.remove(&group.row).unwrap_or_default(),
                id: group.id,
                name: group.name,
            })
            .collect())
    }

    fn all_access(&self, table: &str) -> Result<BTreeMap<i64, Vec<CollectionAccess>>> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT collection.id, read_only, hide_passwords, manage, owner_row FROM {table} \
             JOIN shared_collection AS collection ON collection.row = collection_row ORDER BY collection_row"
        ))?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(4)?, read_access(row)?)))?;
        let mut all: BTreeMap<i64, Vec<CollectionAccess>> = BTreeMap::new();
        for row in rows {
            let (owner, access) = row?;
            all.entry(owner).or_default().push(access);
        }
        Ok(all)
    }

    fn execute(&self, statement: &str, parameters: impl rusqlite::Params) -> Result<()> {
        self.connection.prepare_cached(statement)?.execute(parameters)?;
        Ok(())
    }
}

fn read_access(row: &Row<'_>) -> rusqlite::Result<CollectionAccess> {
    Ok(CollectionAccess {
        id: row.get(0)?,
        read_only: row.get(1)?,
        hide_passwords: row.get(2)?,
        manage: row.get(3)?,
    })
}
