//! Who has several addresses keeps the one that was pushed: the values of an attribute have no order, and the first of them may be
//! another one tomorrow (RFC 4511, section 4.1.7).

use super::Snapshot;
use crate::ledger::{LedgerState, ManagedPerson};
use crate::names::SourceName;
use crate::normalize::{Address, address};
use crate::settings::AddressRule;
use hashbrown::{HashMap, HashSet};

impl Snapshot {
    /// Whether somebody has several addresses.
    pub fn has_choices(&self) -> bool {
        !self.further_mails.is_empty()
    }

    /// Gives everybody with several addresses the one that was last pushed, where it is among them and is nobody else's.
    pub fn keep_addresses(&mut self, ledger: &LedgerState, source: &SourceName) {
        if !self.has_choices() {
            return;
        }
        let usable = |text: &str| match address(Some(text), None, &AddressRule::default()) {
            Address::Usable(address) => address,
            Address::TooLong | Address::Missing => String::new(),
        };
        let mails = self.people.iter().filter_map(|it| it.mail);
        let firsts: HashSet<String> = mails.map(|it| usable(self.texts.get(it))).collect();
        let of_source = |it: &&ManagedPerson| it.source == *source || it.source.is_untold();
        let mut by_id: HashMap<&str, &str> = HashMap::new();
        let mut by_stable_id: HashMap<&str, &str> = HashMap::new();
        for person in ledger.people.iter().filter(of_source) {
            by_id.insert(person.external_id.as_str(), person.email.as_str());
            by_stable_id.extend(person.stable_id.as_ref().map(|it| (it.as_str(), person.email.as_str())));
        }
        let mut kept: HashSet<&str> = HashSet::new();
        for &(number, mail) in &self.further_mails {
            let person = &self.people[number];
            let stable = person.stable_id.and_then(|it| by_stable_id.get(self.texts.get(it)));
            let known = stable.or_else(|| by_id.get(self.texts.get(person.external_id)));
            let is_meant = |known: &&str| *known == usable(self.texts.get(mail)) && !firsts.contains(*known);
            let is_kept = known.copied().filter(is_meant).is_some_and(|known| kept.insert(known));
            if is_kept {
                self.people[number].mail = Some(mail);
            }
        }
    }
}
