//! The event log of the official server: the kinds that an import and the public API write.

use super::store::{EventRow, Store, StoreError};

pub(crate) const GROUP_CREATED: i64 = 1400;
pub(crate) const GROUP_UPDATED: i64 = 1401;
pub(crate) const GROUP_DELETED: i64 = 1402;
pub(crate) const MEMBER_INVITED: i64 = 1500;
pub(crate) const MEMBER_UPDATED: i64 = 1502;
pub(crate) const MEMBER_REMOVED: i64 = 1503;
pub(crate) const MEMBER_GROUPS_UPDATED: i64 = 1504;
pub(crate) const MEMBER_REVOKED: i64 = 1511;
pub(crate) const MEMBER_RESTORED: i64 = 1512;

pub(crate) fn member(store: &Store, kind: i64, id: &str) -> Result<(), StoreError> {
    store.insert_event(&EventRow {
        row: 0,
        seconds: jiff::Timestamp::now().as_second(),
        kind,
        member_id: Some(id.to_owned()),
        group_id: None,
    })
}

pub(crate) fn group(store: &Store, kind: i64, id: &str) -> Result<(), StoreError> {
    store.insert_event(&EventRow {
        row: 0,
        seconds: jiff::Timestamp::now().as_second(),
        kind,
        member_id: None,
        group_id: Some(id.to_owned()),
    })
}
