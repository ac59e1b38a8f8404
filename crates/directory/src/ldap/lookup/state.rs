//! Whether the account of an entry that was found may be used.
//!
//! An entry that shows nothing of it is asked for once more by having nothing to show, as in `ldap/hidden.rs`.

use super::{Answer, Lookup, NO_ATTRIBUTES, NO_SUCH_OBJECT};
use crate::ldap::account::Accounts;
use crate::ldap::entry::Entry;
use crate::ldap::error::LdapReadError;
use crate::ldap::hidden;
use crate::ldap::name;
use crate::ldap::request::{Elsewhere, Request};
use crate::ldap::value::text;
use bwdc_core::observed::Presence;
use ldap3::Scope;
use std::collections::HashSet;

/// An entry that was found.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) account: Account,
    pub(super) at: String,
}

/// What was seen of the account that was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Account {
    /// All that was found is disabled.
    Disabled,
    /// It has a state that is not shown.
    Untold,
    /// Nothing is shown of its state: there may be nothing to show.
    Unsure,
    /// It may be used, or nothing was said about that.
    Usable,
}

impl From<Seen> for Presence {
    fn from(seen: Seen) -> Self {
        match seen.account {
            Account::Usable | Account::Unsure => Self::Found { at: Some(seen.at) },
            Account::Disabled => Self::Disabled { at: Some(seen.at) },
            Account::Untold => Self::Unknown {
                reason: format!("the directory does not show whether `{}` is enabled", seen.at),
            },
        }
    }
}

pub(super) fn seen(entry: &Entry<'_>, accounts: &Accounts<'_>) -> Seen {
    let account = if accounts.is_disabled(entry) {
        Account::Disabled
    } else if accounts.hides_state(entry) {
        Account::Untold
    } else if accounts.may_hide_state(entry) {
        Account::Unsure
    } else {
        Account::Usable
    };
    Seen { account, at: at(entry) }
}

fn at(entry: &Entry<'_>) -> String {
    name::with_hex_escapes(&text(entry.name())).into_owned()
}

impl Answer {
    /// The entry that was found, where nothing is shown of its state.
    pub(super) fn unsure(&mut self) -> Option<&mut Seen> {
        match self {
            Self::Found(seen) => Some(seen).filter(|it| it.account == Account::Unsure),
            _ => None,
        }
    }
}

impl Lookup<'_> {
    /// Tells of entries that a search has found, and that show no state, whether they hide one.
    pub(super) async fn settle(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        mut unsure: Vec<&mut Seen>,
    ) -> Result<(), LdapReadError> {
        let attributes: Vec<&str> = self.accounts.chosen().collect();
        for attribute in attributes {
            if unsure.is_empty() {
                break;
            }
            if !hidden::may_be_known(self.connection, attribute).await? {
                continue;
            }
            let without = self.without(base, scope, filter, attribute).await?;
            unsure.retain_mut(|it| {
                let shows = without.contains(&it.at);
                if !shows {
                    it.account = Account::Untold;
                }
                shows
            });
        }
        unsure.into_iter().for_each(|it| it.account = Account::Usable);
        Ok(())
    }

    /// The names of those that have no value of an attribute; what a server refuses to tell is hidden.
    async fn without(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        attribute: &str,
    ) -> Result<HashSet<String>, LdapReadError> {
        let filter = hidden::without(filter, attribute);
        let mut request = Request::new(base.to_owned(), scope, filter, &NO_ATTRIBUTES, "ldap.rootPath");
        request.elsewhere = Elsewhere::Ignored;
        let mut pages = self.connection.search(request);
        let mut names = HashSet::new();
        loop {
            match pages.next().await {
                Ok(Some(tag)) => names.extend(Entry::parse(&tag).map(|it| at(&it))),
                Ok(None) | Err(LdapReadError::Refused { .. }) => return Ok(names),
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) async fn answer(&mut self, request: Request) -> Result<Answer, LdapReadError> {
        let (base, scope, filter) = (request.base.clone(), request.scope, request.filter.clone());
        let wants_state = request.attributes[..] != NO_ATTRIBUTES;
        let mut pages = self.connection.search(request);
        let mut found: Option<Seen> = None;
        loop {
            let error = match pages.next().await {
                Ok(Some(tag)) => {
                    let Some(entry) = Entry::parse(&tag) else { continue };
                    let seen = seen(&entry, &self.accounts);
                    match &mut found {
                        Some(first) => first.account = first.account.max(seen.account),
                        None => found = Some(seen),
                    }
                    continue;
                }
                Ok(None) => {
                    drop(pages);
                    let unsure = found.iter_mut().filter(|it| wants_state && it.account == Account::Unsure);
                    let unsure = unsure.collect();
                    self.settle(&base, scope, &filter, unsure).await?;
                    return Ok(found.map_or(Answer::Nothing, Answer::Found));
                }
                Err(error) => error,
            };
            return match error {
                // What else there is was not seen: it may be usable.
                LdapReadError::Refused { .. } | LdapReadError::References { .. } if found.is_some() => {
                    Ok(found.map_or(Answer::Nothing, |seen| {
                        Answer::Found(Seen { account: Account::Usable, ..seen })
                    }))
                }
                LdapReadError::Refused { outcome, .. } if outcome.code == NO_SUCH_OBJECT => {
                    Ok(Answer::Denied)
                }
                LdapReadError::References { urls, .. } => Ok(Answer::Elsewhere(urls)),
                LdapReadError::Refused { .. } => Ok(Answer::Unclear(error.to_string())),
                other => Err(other),
            };
        }
    }
}
