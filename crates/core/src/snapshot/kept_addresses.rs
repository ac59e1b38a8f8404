//! Who has several addresses keeps the one that was pushed: the values of an attribute have no order, and the first of them may be
//! another one tomorrow (RFC 4511, section 4.1.7).

use super::Snapshot;
use crate::ledger::{LedgerState, ManagedPerson};
use crate::names::SourceName;
use crate::normalize::{Address, address};
use crate::settings::AddressRule;
use crate::text::Text;
use hashbrown::HashMap;

/// Somebody who had an address before that is a further value now.
struct Choice<'l> {
    person: usize,
    mail: Text,
    known: &'l str,
    is_kept: bool,
}

impl Snapshot {
    /// Whether somebody has several addresses.
    pub fn has_choices(&self) -> bool {
        !self.further_mails.is_empty()
    }

    /// Gives everybody with several addresses the one that was last pushed, where it is among them and nobody else ends with it: two
    /// people whose first values are each other's keep both.
    pub fn keep_addresses(&mut self, ledger: &LedgerState, source: &SourceName) {
        if !self.has_choices() {
            return;
        }
        let mut choices = self.choices(ledger, source);
        let firsts: Vec<String> =
            self.people.iter().map(|it| it.mail.map(|it| self.usable(it)).unwrap_or_default()).collect();
        let mut holders: HashMap<&str, usize> = HashMap::new();
        let mut chosen = vec![false; firsts.len()];
        choices.iter().for_each(|it| chosen[it.person] = true);
        for (first, _) in firsts.iter().zip(&chosen).filter(|(_, chosen)| !**chosen) {
            *holders.entry(first).or_default() += 1;
        }
        let mut claims: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, choice) in choices.iter().enumerate() {
            *holders.entry(choice.known).or_default() += 1;
            claims.entry(choice.known).or_default().push(place);
        }
        // Whoever cannot have it goes back to the first value, which may be what another one kept.
        let mut shared: Vec<&str> = choices.iter().map(|it| it.known).collect();
        while let Some(address) = shared.pop() {
            if holders[address] < 2 {
                continue;
            }
            let Some(place) = claims.get_mut(address).and_then(Vec::pop) else { continue };
            choices[place].is_kept = false;
            let first = firsts[choices[place].person].as_str();
            *holders.entry(address).or_default() -= 1;
            *holders.entry(first).or_default() += 1;
            shared.extend([address, first]);
        }
        for choice in choices.iter().filter(|it| it.is_kept) {
            self.people[choice.person].mail = Some(choice.mail);
        }
    }

    /// Each person once.
    fn choices<'l>(&self, ledger: &'l LedgerState, source: &SourceName) -> Vec<Choice<'l>> {
        let of_source = |it: &&ManagedPerson| it.source == *source || it.source.is_untold();
        let mut by_id: HashMap<&str, &str> = HashMap::new();
        let mut by_stable_id: HashMap<&str, &str> = HashMap::new();
        for person in ledger.people.iter().filter(of_source) {
            by_id.insert(person.external_id.as_str(), person.email.as_str());
            by_stable_id.extend(person.stable_id.as_ref().map(|it| (it.as_str(), person.email.as_str())));
        }
        let mut choices: Vec<Choice<'l>> = Vec::new();
        for &(number, mail) in &self.further_mails {
            let person = &self.people[number];
            let stable = person.stable_id.and_then(|it| by_stable_id.get(self.texts.get(it)));
            let known = stable.or_else(|| by_id.get(self.texts.get(person.external_id)));
            let is_again = choices.last().is_some_and(|it| it.person == number);
            if let Some(&known) = known.filter(|it| !is_again && **it == self.usable(mail)) {
                choices.push(Choice { person: number, mail, known, is_kept: true });
            }
        }
        choices
    }

    fn usable(&self, mail: Text) -> String {
        match address(Some(self.texts.get(mail)), None, &AddressRule::default()) {
            Address::Usable(address) => address,
            Address::TooLong | Address::Missing => String::new(),
        }
    }
}
