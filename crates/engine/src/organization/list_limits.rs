//! How long a list of the organization may be.
//!
//! The Public API pages nothing, so that a server that never ends a list would fill the memory. How many members there can be is
//! known before they are read: the directory was read, and the ledger remembers those of the last run, and how long the lists were
//! then. A list may have a multiple of that, and as many as a large company has where no run has read one yet.

use crate::http::ListLimits;
use bwdc_core::names::MemberId;
use bwdc_core::wire::{GroupResponse, MemberResponse, UserDetailsResponse};
use serde::de::DeserializeOwned;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many entries a list may have at least that no run has read before.
const ALWAYS: usize = 100_000;
/// Beyond what is known twice over: what came in since.
const SINCE: usize = 10_000;
/// Of one entry, in bytes: room for a member with access to thousands of collections.
const ENTRY: usize = 2 * 1024 * 1024;
/// Of all entries on average: ids, names and addresses that are kept, and what arrives.
const KEPT_EACH: usize = 256;
const ARRIVING_EACH: usize = 2 * 1024;
/// Memberships of all groups in one run, whatever is known; and for each person that is known.
const MEMBERSHIPS: usize = 1_000_000;
const MEMBERSHIPS_EACH: usize = 20;

/// What is known of an organization's size, and what the settings say of it.
#[derive(Debug, Default)]
pub(super) struct ListSizes {
    set: Option<u32>,
    known: AtomicUsize,
    /// The longest list of the last run; 0: there was none.
    before: AtomicUsize,
    members: AtomicUsize,
}

impl ListSizes {
    pub(super) fn set(&mut self, entries: Option<u32>) {
        self.set = entries;
    }

    /// So many people or groups are known from elsewhere.
    pub(super) fn expect(&self, entries: usize) {
        self.known.fetch_max(entries, Ordering::Relaxed);
    }

    /// So many entries the longest list of the last run had.
    pub(super) fn read_before(&self, entries: usize) {
        self.before.store(entries.max(1), Ordering::Relaxed);
    }

    /// So many members were read.
    pub(super) fn members_read(&self, count: usize) {
        self.expect(count);
        self.members.store(count, Ordering::Relaxed);
    }

    /// Of a list of members or of groups.
    pub(super) fn list(&self) -> ListLimits {
        let before = self.before.load(Ordering::Relaxed);
        let known = self.known.load(Ordering::Relaxed).max(before);
        let least = if before == 0 { ALWAYS } else { 0 };
        let computed = known.saturating_mul(2).saturating_add(SINCE).max(least);
        limits(self.set.map_or(computed, |it| it as usize))
    }

    /// Of the members of one group: no more than the organization has, and those who came in since.
    pub(super) fn group(&self) -> ListLimits {
        match self.members.load(Ordering::Relaxed) {
            0 => self.list(),
            members => limits(members.saturating_add(SINCE)),
        }
    }

    /// Memberships of all groups that one run reads.
    pub(super) fn memberships(&self) -> usize {
        self.known.load(Ordering::Relaxed).saturating_mul(MEMBERSHIPS_EACH).max(MEMBERSHIPS)
    }
}

fn limits(entries: usize) -> ListLimits {
    ListLimits {
        entries,
        entry_bytes: ENTRY,
        kept_bytes: entries.saturating_mul(KEPT_EACH).max(ENTRY),
        bytes: entries.saturating_mul(ARRIVING_EACH).max(16 * ENTRY),
    }
}

/// An entry of a list.
pub(super) trait ListEntry: DeserializeOwned + Send + 'static {
    /// How many bytes of text it keeps.
    fn kept(&self) -> usize;
}

fn length(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}

impl ListEntry for MemberResponse {
    fn kept(&self) -> usize {
        self.id.as_str().len() + length(self.email.as_ref()) + length(self.external_id.as_ref())
    }
}

impl ListEntry for GroupResponse {
    fn kept(&self) -> usize {
        self.id.as_str().len() + self.name.len() + length(self.external_id.as_ref())
    }
}

impl ListEntry for UserDetailsResponse {
    fn kept(&self) -> usize {
        // However short they are, each takes room.
        let groups = self.groups.iter().flatten();
        self.member.kept() + groups.map(|it| 12 + it.as_str().len() / 2).sum::<usize>()
    }
}

impl ListEntry for MemberId {
    fn kept(&self) -> usize {
        self.as_str().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_may_grow_with_what_is_known_unless_a_setting_says_otherwise() {
        let mut sizes = ListSizes::default();
        assert_eq!((sizes.list().entries, sizes.group().entries), (100_000, 100_000));
        sizes.expect(100_000);
        sizes.expect(7);
        assert_eq!((sizes.list().entries, sizes.memberships()), (210_000, 2_000_000));
        sizes.members_read(300);
        assert_eq!((sizes.list().entries, sizes.group().entries), (210_000, 10_300));
        let sizes_later = ListSizes::default();
        sizes_later.expect(300);
        sizes_later.read_before(500);
        assert_eq!(sizes_later.list().entries, 11_000, "a run has read the lists before");
        sizes_later.expect(100_000);
        assert_eq!(sizes_later.list().entries, 210_000, "the directory has grown");
        sizes.set(Some(400_000));
        assert_eq!(sizes.list().entries, 400_000);
        assert!(sizes.list().bytes < 1_000_000_000, "a gigabyte is more than any list");
    }
}
