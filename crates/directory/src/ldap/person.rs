//! What becomes of the entry of a person.

use super::attributes::EMPLOYEE_NUMBERS;
use super::entry::{Entry, stable_id};
use super::error::LdapReadError;
use super::reader::{Names, Reader, chosen_id};
use super::value::{self, text};
use bwdc_core::settings::DisabledBy;
use bwdc_core::snapshot::{AccountState, PersonEntry, PersonMarks, SetAside, SetAsideBecause};
use bwdc_core::text::Text;

/// What Active Directory puts behind the name of a deleted entry, with its id.
const DELETED_NAME: &str = "\nDEL:";

impl Reader<'_> {
    pub(super) fn person(
        &mut self,
        entry: &Entry<'_>,
        state: Option<AccountState>,
    ) -> Result<(), LdapReadError> {
        let Names { reference, key, external_id, guid } = self.names(entry)?;
        if self.seen.as_mut().is_some_and(|seen| !seen.insert(key)) {
            return Ok(());
        }
        if let Some(living) = &mut self.living {
            match state {
                Some(AccountState::Deleted) if living.contains(&external_id) => {
                    self.torn = true;
                    return Ok(());
                }
                Some(_) => {}
                None => drop(living.insert(external_id)),
            }
        }
        if state.is_none() && self.domain.is_some() && self.accounts.hides_state(entry) {
            let because = SetAsideBecause::StateNotTold;
            let stable_id = self.stable_id(entry, guid.as_deref());
            self.builder.set_aside(SetAside { reference, key, external_id, stable_id, because });
            return Ok(());
        }
        let state = state.unwrap_or_else(|| {
            if self.accounts.is_disabled(entry) { AccountState::Disabled } else { AccountState::Enabled }
        });
        if state != AccountState::Deleted {
            self.hidden.note_person(key, entry, state);
            self.membership.person(key, entry, &mut self.builder, &mut self.spellings);
        }
        if state != AccountState::Deleted
            && let Some(domain) = &mut self.domain
        {
            let primary_group = entry.first_value("primaryGroupID").map(text);
            let sid = entry.first_value("objectSid");
            domain.person(key, sid, primary_group.as_deref());
            // Each account has one.
            if sid.is_some() && primary_group.is_none() {
                self.builder.hides_groups(key);
            }
            let counts = self.layout.disabled_by.contains(&DisabledBy::AccountExpires);
            if let Some(expires) =
                entry.first_value("accountExpires").filter(|_| state == AccountState::Enabled && !counts)
            {
                domain.enabled(&text(entry.name()), &text(expires));
            }
        }
        let person = PersonEntry {
            reference,
            key,
            login: self.login(entry),
            external_id,
            stable_id: self.stable_id(entry, guid.as_deref()),
            mail: self.mail(entry),
            prefix: self
                .layout
                .email_prefix_attribute
                .as_deref()
                .and_then(|prefix| self.first(entry, prefix)),
            state,
            marks: self.marks(entry),
        };
        if state != AccountState::Deleted {
            self.parity.person(&person, &self.builder);
        }
        let first = person.mail;
        self.builder.person(person);
        self.further_mails(entry, first);
        self.further_logins(entry);
        self.mark(entry, key);
        Ok(())
    }

    /// What tells the person apart from somebody else who gets the same address.
    fn marks(&mut self, entry: &Entry<'_>) -> PersonMarks {
        if !self.scope.stable_ids {
            return PersonMarks::default();
        }
        let value = |attribute: &str| {
            let value = text(entry.first_value(attribute)?);
            let value = value.split(DELETED_NAME).next().unwrap_or_default().trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let number = match self.layout.mark_attribute.as_deref() {
            Some(mark) => value(mark),
            None => EMPLOYEE_NUMBERS.into_iter().find_map(value),
        };
        let whole = || Some(format!("{} {}", value("givenName")?, value("sn")?));
        let name = value("displayName").or_else(whole).or_else(|| value("cn"));
        let mut owned = |it: Option<String>| it.map(|it| self.builder.text(&it));
        PersonMarks { number: owned(number), name: owned(name) }
    }

    /// The first value of the first attribute that has one; of `proxyAddresses` the primary one.
    fn mail(&mut self, entry: &Entry<'_>) -> Option<Text> {
        let found = self.layout.email_attributes.iter().find_map(|attribute| {
            if attribute.eq_ignore_ascii_case(value::PROXY_ADDRESSES) {
                value::primary_address(entry.values(attribute))
            } else {
                entry.first_value(attribute)
            }
        });
        found.map(|value| self.builder.text(&text(value)))
    }

    /// Values have no order: the person may be known by any of them. Of `proxyAddresses` the server tells which is the one.
    fn further_mails(&mut self, entry: &Entry<'_>, first: Option<Text>) {
        let has_value = |it: &&String| entry.first_value(it).is_some();
        let Some(attribute) = self.layout.email_attributes.iter().find(has_value) else { return };
        if attribute.eq_ignore_ascii_case(value::PROXY_ADDRESSES) {
            return;
        }
        for value in entry.values(attribute) {
            let mail = self.builder.text(&text(value));
            if Some(mail) != first {
                self.builder.further_mail(mail);
            }
        }
    }

    fn login(&mut self, entry: &Entry<'_>) -> Option<Text> {
        if !self.wants_login {
            return None;
        }
        self.spellings.login(&text(entry.first_value("uid")?), &mut self.builder)
    }

    /// Values have no order: a member may be listed by any of them.
    fn further_logins(&mut self, entry: &Entry<'_>) {
        if !self.wants_login {
            return;
        }
        let first = entry.first_value("uid");
        for value in entry.values("uid").filter(|it| Some(*it) != first) {
            if let Some(login) = self.spellings.login(&text(value), &mut self.builder) {
                self.parity.further_login(login, &self.builder);
                self.builder.further_login(login);
            }
        }
    }

    pub(super) fn stable_id(&mut self, entry: &Entry<'_>, guid: Option<&str>) -> Option<Text> {
        if !self.scope.stable_ids {
            return None;
        }
        self.scratch.clear();
        match guid {
            Some(guid) => {
                self.scratch.push_str("objectGUID:");
                self.scratch.push_str(guid);
            }
            None => {
                let (kind, id) = match (stable_id(entry), self.layout.id_attribute) {
                    (Some((kind, id)), _) => (kind, text(id).into_owned()),
                    (None, Some(attribute)) => (attribute.name(), chosen_id(entry, attribute)?),
                    (None, None) => return None,
                };
                self.scratch.push_str(kind);
                self.scratch.push(':');
                self.scratch.push_str(&id);
            }
        }
        Some(self.builder.text(&self.scratch))
    }
}
