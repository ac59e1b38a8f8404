//! Failures on demand: where in the conversation one strikes and what happens there.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ldap3_proto::proto::LdapResultCode;

use super::dn::Dn;

/// A failure to come. It stays until it is taken back, unless it is to strike [`once`](Fault::once).
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Where it strikes.
    pub at: At,
    /// What happens there.
    pub action: Action,
    remaining: Option<usize>,
}

impl Fault {
    /// A failure that strikes every time.
    #[must_use]
    pub fn new(at: At, action: Action) -> Self {
        Self { at, action, remaining: None }
    }

    /// The same, but only the first time.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// The same, but only the first `count` times.
    #[must_use]
    pub fn times(mut self, count: usize) -> Self {
        self.remaining = Some(count);
        self
    }
}

/// A place in the conversation. Reads of the root DSE are never struck: they are how clients find out what there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// A new connection.
    Accept,
    /// A request for StartTLS.
    StartTls,
    /// A bind of any kind.
    Bind,
    /// A search for the server's own entry, which counts as no other search.
    RootEntry,
    /// The search of this number since the fault was set, from 1; further pages do not count, but are struck with their search's first page only.
    Search(usize),
    /// This page, from 1, of every search; a search without paging is its own page 1.
    Page(usize),
    /// This page, from 1, of every search with this base.
    PageOf {
        /// The base, compared as a distinguished name.
        base: String,
        /// The page, from 1.
        page: usize,
    },
}

/// What happens. An action that makes no sense at its place does nothing there.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// The answer comes this much later.
    Delay(Duration),
    /// No answer ever comes; the connection stays open.
    Silence,
    /// The connection ends after this many entries.
    Cut {
        /// The entries sent before.
        after_entries: usize,
    },
    /// The answer is this result after this many entries.
    Answer {
        /// The result code.
        code: LdapResultCode,
        /// The diagnostic message.
        message: String,
        /// The entries sent before.
        after_entries: usize,
    },
    /// The answer is a referral (10) to these addresses.
    Referral(Vec<String>),
    /// Bytes come that are not LDAP.
    Garbage,
    /// The page comes without a cookie, as if it were the last.
    LoseCookie,
}

impl Action {
    /// A result without entries before it.
    #[must_use]
    pub fn answer(code: LdapResultCode) -> Self {
        Self::Answer { code, message: "asked to fail".to_owned(), after_entries: 0 }
    }
}

/// A search as the faults see it.
pub(super) struct Place<'a> {
    pub(super) base: &'a str,
    pub(super) page: usize,
}

#[derive(Debug, Default)]
pub(super) struct Faults {
    set: Mutex<Vec<Armed>>,
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    searches: usize,
}

impl Faults {
    fn lock(&self) -> MutexGuard<'_, Vec<Armed>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, fault: Fault) {
        self.lock().push(Armed { fault, searches: 0 });
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    /// What strikes outside searches.
    pub(super) fn strike(&self, at: &At) -> Vec<Action> {
        self.take(|armed| armed.fault.at == *at)
    }

    /// What strikes a search or one of its pages.
    pub(super) fn strike_search(&self, place: &Place<'_>) -> Vec<Action> {
        let base = Dn::parse(place.base).ok();
        self.take(|armed| {
            if place.page == 1 {
                armed.searches += 1;
            }
            match &armed.fault.at {
                At::Search(number) => place.page == 1 && armed.searches == *number,
                At::Page(page) => *page == place.page,
                At::PageOf { base: wanted, page } => *page == place.page && base == Dn::parse(wanted).ok(),
                At::Accept | At::StartTls | At::Bind | At::RootEntry => false,
            }
        })
    }

    fn take(&self, mut strikes: impl FnMut(&mut Armed) -> bool) -> Vec<Action> {
        let mut actions = Vec::new();
        self.lock().retain_mut(|armed| {
            if !strikes(armed) {
                return true;
            }
            actions.push(armed.fault.action.clone());
            match &mut armed.fault.remaining {
                Some(remaining) => {
                    *remaining = remaining.saturating_sub(1);
                    *remaining > 0
                }
                None => true,
            }
        });
        actions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(faults: &Faults, base: &str, page: usize) -> usize {
        faults.strike_search(&Place { base, page }).len()
    }

    #[test]
    fn searches_are_counted_without_their_pages() {
        let faults = Faults::default();
        faults.add(Fault::new(At::Search(2), Action::Silence));
        let seen: Vec<usize> =
            [1, 2, 1, 2, 1].into_iter().map(|page| struck(&faults, "dc=x", page)).collect();
        assert_eq!(seen, [0, 0, 1, 0, 0]);
    }

    #[test]
    fn pages_can_be_told_by_base_and_faults_wear_off() {
        let faults = Faults::default();
        faults.add(Fault::new(At::PageOf { base: "OU=a, dc=x".into(), page: 2 }, Action::Garbage).times(2));
        assert_eq!(struck(&faults, "ou=a,dc=x", 1), 0);
        assert_eq!(struck(&faults, "ou=b,dc=x", 2), 0);
        assert_eq!(struck(&faults, "ou=A,dc=x", 2), 1);
        assert_eq!(struck(&faults, "ou=a,dc=x", 2), 1);
        assert_eq!(struck(&faults, "ou=a,dc=x", 2), 0);
        assert!(faults.strike(&At::Bind).is_empty());
    }
}
