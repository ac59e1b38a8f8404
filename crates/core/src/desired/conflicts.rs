//! Entries that cannot all be brought over as they are: one address, or one external id, of several.
//!
//! Deleted people share nothing: they keep an address that somebody else may have by now. Nor do blank addresses count.

use super::{Desired, DesiredError, DesiredPerson, NoAddress};
use crate::flatten::Rows;
use crate::names::SourceName;
use crate::settings::{AcrossSources, ConflictRules, SameAddress, SameGroup};
use crate::snapshot::AccountState;
use crate::text::{Text, TextTable};
use hashbrown::{HashMap, HashSet};
use std::fmt;

/// Addresses that several people have, each with the directory's names of all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateAddresses(pub Vec<(String, Vec<String>)>);

impl fmt::Display for DuplicateAddresses {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Emails must be unique. Multiple entries pulled with the following emails:")?;
        for (address, _) in self.0.iter().take(3) {
            write!(formatter, "\n{address}")?;
        }
        match self.0.len() {
            0..=3 => Ok(()),
            more => write!(formatter, "\nand {} more...", more - 3),
        }
    }
}

/// Somebody whom several sources have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// Who stands for all of them: the position in [`Desired::everybody`].
    pub person: usize,
    /// The other sources' entries.
    pub aliases: Vec<Alias>,
}

/// An entry that became a part of another source's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alias {
    /// Where it comes from: the position in [`Desired::sources`].
    pub source: u16,
    /// The source's name for it.
    pub reference: Text,
    /// The id that it would have been pushed under.
    pub external_id: Text,
    /// The id that survives renames, where it was read.
    pub stable_id: Option<Text>,
}

/// Decides about everything that is there twice, as the rules say.
pub(super) fn resolve(desired: &mut Desired, rules: ConflictRules) -> Result<(), DesiredError> {
    // Ids within a source first: such a source is damaged, whatever the rules say.
    unique_ids(desired, desired.people.iter().map(|it| (Some(it.source), it.external_id, it.reference)))?;
    unique_ids(desired, desired.groups.iter().map(|it| (Some(it.source), it.external_id, it.reference)))?;
    if desired.people_wanted {
        addresses(desired, rules)?;
    }
    unique_ids(desired, desired.people.iter().map(|it| (None, it.external_id, it.reference)))?;
    groups(desired, rules.same_group)
}

/// Whether an external id occurs once: within the source that is given, or at all.
fn unique_ids(
    desired: &Desired,
    entries: impl Iterator<Item = (Option<u16>, Text, Text)>,
) -> Result<(), DesiredError> {
    let mut owner: Vec<Option<(Option<u16>, Text)>> = vec![None; desired.texts.len()];
    for (source, external_id, reference) in entries {
        let slot = &mut owner[external_id.index()];
        if let Some((of, first)) = *slot
            && of == source
        {
            return Err(DesiredError::DuplicateExternalId {
                first: desired.text(first).to_owned(),
                second: desired.text(reference).to_owned(),
                external_id: desired.text(external_id).to_owned(),
            });
        }
        *slot = Some((source, reference));
    }
    Ok(())
}

/// What becomes of those who share an address.
#[derive(Default)]
struct Verdicts {
    refused: Vec<(String, Vec<String>)>,
    left_out: Vec<usize>,
    /// Disabled entries whose address an enabled one has.
    replaced: Vec<(usize, usize)>,
    /// Who becomes a part of whom.
    joins: Vec<(usize, usize)>,
}

fn addresses(desired: &mut Desired, rules: ConflictRules) -> Result<(), DesiredError> {
    let sharing = sharing(&desired.texts, &desired.people);
    let mut verdicts = Verdicts::default();
    for (address, people) in sharing {
        judge(desired, address, people, rules, &mut verdicts);
    }
    if !verdicts.refused.is_empty() {
        return Err(DesiredError::DuplicateAddresses(DuplicateAddresses(verdicts.refused)));
    }
    for number in verdicts.left_out {
        let person = &mut desired.people[number];
        person.unusable = person.email.take().map(|address| NoAddress::Shared { address });
    }
    for (number, by) in verdicts.replaced {
        let by = desired.people[by].reference;
        desired.people[number].email = None;
        desired.people[number].unusable = Some(NoAddress::Replaced { by });
    }
    if !verdicts.joins.is_empty() {
        join(desired, &verdicts.joins);
    }
    Ok(())
}

/// Addresses of several people, in the order in which a second one was met, each with all of them.
fn sharing(texts: &TextTable, people: &[DesiredPerson]) -> Vec<(Text, Vec<usize>)> {
    let mut first_with: Vec<Option<usize>> = vec![None; texts.len()];
    let mut places: HashMap<Text, usize> = HashMap::new();
    let mut sharing: Vec<(Text, Vec<usize>)> = Vec::new();
    for (number, person) in people.iter().enumerate().filter(|(_, it)| it.state != AccountState::Deleted) {
        let Some(email) = person.email.filter(|&it| !texts.get(it).is_empty()) else { continue };
        match first_with[email.index()] {
            None => first_with[email.index()] = Some(number),
            Some(first) => {
                let place = *places.entry(email).or_insert_with(|| {
                    sharing.push((email, vec![first]));
                    sharing.len() - 1
                });
                sharing[place].1.push(number);
            }
        }
    }
    sharing
}

fn judge(
    desired: &Desired,
    address: Text,
    people: Vec<usize>,
    rules: ConflictRules,
    verdicts: &mut Verdicts,
) {
    let is_enabled = |number: &usize| desired.people[*number].state == AccountState::Enabled;
    let name = |number: &usize| {
        let person = &desired.people[*number];
        let source = desired.sources.get(usize::from(person.source)).map(|it| &it.name);
        labelled(desired.text(person.reference), source)
    };
    let mut refuse = |people: &[usize]| {
        let names = people.iter().map(name).collect();
        verdicts.refused.push((desired.text(address).to_owned(), names));
    };
    let mut of_sources: Vec<usize> = Vec::new();
    let mut place = 0;
    while place < people.len() {
        let source = desired.people[people[place]].source;
        let end = people[place..].iter().position(|it| desired.people[*it].source != source);
        let own = &people[place..end.map_or(people.len(), |it| place + it)];
        place += own.len();
        let enabled: Vec<usize> = own.iter().copied().filter(is_enabled).collect();
        // Whoever is disabled does not compete with whoever is enabled: the old entry and the new one of one person.
        let own = match &enabled[..] {
            [] => own,
            [by, ..] => {
                let old = own.iter().filter(|it| !is_enabled(it));
                verdicts.replaced.extend(old.map(|&it| (it, *by)));
                &enabled[..]
            }
        };
        match (own, rules.same_address) {
            ([one], _) => of_sources.push(*one),
            (_, SameAddress::Fail) => return refuse(&people),
            (_, SameAddress::PreferEnabled) if !enabled.is_empty() => return refuse(&people),
            (_, SameAddress::Skip | SameAddress::PreferEnabled) => verdicts.left_out.extend(own),
        }
    }
    let [first, _, ..] = of_sources[..] else { return };
    let person = match rules.across_sources {
        AcrossSources::Fail => return refuse(&people),
        AcrossSources::Skip => return verdicts.left_out.extend(of_sources),
        AcrossSources::First => first,
        AcrossSources::PreferEnabled => of_sources.iter().copied().find(is_enabled).unwrap_or(first),
    };
    verdicts.joins.extend(of_sources.iter().filter(|it| **it != person).map(|&it| (it, person)));
}

fn labelled(reference: &str, source: Option<&SourceName>) -> String {
    match source.filter(|it| !it.is_primary()) {
        Some(source) => format!("{reference} (source `{source}`)"),
        None => reference.to_owned(),
    }
}

/// Makes each pair one person, in whose place both were in their groups.
fn join(desired: &mut Desired, joins: &[(usize, usize)]) {
    let into: HashMap<usize, usize> = joins.iter().copied().collect();
    let mut place_of = Vec::with_capacity(desired.people.len());
    let mut next = 0_u32;
    for number in 0..desired.people.len() {
        place_of.push(next);
        next += u32::from(!into.contains_key(&number));
    }
    let place = |number: usize| place_of[into.get(&number).copied().unwrap_or(number)];
    let mut places: HashMap<u32, usize> = HashMap::new();
    let mut merged: Vec<Merged> = Vec::new();
    for &(number, person) in joins {
        let person = place(person);
        let entry = *places.entry(person).or_insert_with(|| {
            merged.push(Merged { person: person as usize, aliases: Vec::new() });
            merged.len() - 1
        });
        let DesiredPerson { source, reference, external_id, stable_id, .. } = desired.people[number];
        merged[entry].aliases.push(Alias { source, reference, external_id, stable_id });
    }
    let mut memberships = Rows::default();
    for group in 0..desired.memberships.len() {
        let mut seen = HashSet::new();
        let row = desired.memberships.row(group).iter().map(|&it| place(it as usize));
        memberships.push(row.filter(|&it| seen.insert(it)).collect::<Vec<_>>());
    }
    for people in desired.doubtful.values_mut().chain(desired.unplaced.values_mut()) {
        let mut seen = HashSet::new();
        let moved = people.iter().map(|&it| place(it as usize));
        *people = moved.filter(|&it| seen.insert(it)).collect();
    }
    desired.memberships = memberships;
    desired.merged = merged;
    let mut number = 0;
    desired.people.retain(|_| {
        number += 1;
        !into.contains_key(&(number - 1))
    });
}

/// Groups of several sources with one external id.
fn groups(desired: &mut Desired, rule: SameGroup) -> Result<(), DesiredError> {
    if rule == SameGroup::Fail {
        return unique_ids(desired, desired.groups.iter().map(|it| (None, it.external_id, it.reference)));
    }
    let mut first_with: HashMap<Text, usize> = HashMap::new();
    let mut rows: Vec<Vec<u32>> = Vec::new();
    let mut place_of = Vec::new();
    let mut kept = Vec::new();
    for (number, group) in desired.groups.iter().enumerate() {
        let members = desired.memberships.row(number);
        match first_with.get(&group.external_id) {
            None => {
                first_with.insert(group.external_id, rows.len());
                place_of.push(Some(rows.len()));
                rows.push(members.to_vec());
                kept.push(*group);
            }
            Some(&place) if rule == SameGroup::Merge => {
                let known: HashSet<u32> = rows[place].iter().copied().collect();
                rows[place].extend(members.iter().filter(|it| !known.contains(*it)));
                kept[place].shows_members &= group.shows_members;
                place_of.push(Some(place));
            }
            Some(_) => {
                place_of.push(None);
                desired.dropped_groups.push(*group);
            }
        }
    }
    if kept.len() == desired.groups.len() {
        return Ok(());
    }
    let sources: Vec<u16> = desired.groups.iter().map(|it| it.source).collect();
    desired.groups = kept;
    desired.memberships = Rows::default();
    for row in rows {
        desired.memberships.push(row);
    }
    for (group, people) in std::mem::take(&mut desired.doubtful) {
        if let Some(place) = place_of[group] {
            desired.doubtful.entry(place).or_default().extend(people);
        }
    }
    // Who is in no group for sure may be in this one by another source than the one that its row comes from.
    for (source, place) in sources.into_iter().zip(&place_of) {
        if let Some(place) = place.filter(|it| desired.groups[*it].source != source)
            && let Some(people) = desired.unplaced.get(&source)
        {
            desired.doubtful.entry(place).or_default().extend(people);
        }
    }
    desired.unresolved.retain_mut(|it| {
        let place = place_of[it.group];
        it.group = place.unwrap_or_default();
        place.is_some()
    });
    Ok(())
}
