//! What is known of each source in this run: read before, read for the first time, or not read at all.
//!
//! A source that failed makes its people unknown, not gone: nothing of it is taken. A source that no run has compared yet
//! takes nothing either, like the first run of all.

use super::PlanInput;
use super::change::KeptBecause;
use super::leavers::Evidence;
use super::notice::PlanNotice;
use crate::desired::DesiredSource;
use crate::ledger::LedgerState;
use crate::names::SourceName;
use crate::settings::{AcrossSources, SameGroup};
use crate::snapshot::AccountState;
use hashbrown::{HashMap, HashSet};
use std::collections::BTreeMap;

/// How many examples a notice names.
const EXAMPLES: usize = 5;

/// The sources of a run.
pub(super) struct Sources<'a> {
    failed: HashMap<&'a str, &'a str>,
    configured: HashSet<&'a str>,
    without_groups: HashSet<&'a str>,
    new: HashSet<&'a str>,
    /// The source that brought each group over, by its external id; where sources differ.
    of_groups: HashMap<&'a str, &'a SourceName>,
    input: PlanInput<'a>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(input: &PlanInput<'a>) -> Self {
        let sources = input.desired.sources();
        let failures = sources.iter().filter_map(|it| Some((it.name.as_str(), it.failure.as_deref()?)));
        let read = sources.iter().filter(|it| it.failure.is_none());
        let several = sources.len() > 1;
        let groups = input.ledger.groups.iter().filter(|it| several && !it.source.is_former());
        let mut of_groups = HashMap::new();
        for group in groups {
            of_groups.entry(group.external_id.as_str()).or_insert(&group.source);
        }
        Self {
            failed: failures.collect(),
            configured: sources.iter().map(|it| it.name.as_str()).collect(),
            without_groups: read.filter(|it| !it.groups).map(|it| it.name.as_str()).collect(),
            new: input.ledger.new_sources.iter().map(SourceName::as_str).collect(),
            of_groups,
            input: *input,
        }
    }

    /// The source that brought a group over; None where all have one, or none did.
    pub(super) fn of_group(&self, external_id: &str) -> Option<&'a SourceName> {
        self.of_groups.get(external_id).copied()
    }

    /// Whether everything that the settings name was read.
    pub(super) fn all_read(&self) -> bool {
        self.failed.is_empty()
    }

    /// Whether every source was compared by an earlier run.
    pub(super) fn all_known(&self) -> bool {
        self.input.desired.sources().iter().all(|it| !self.new.contains(it.name.as_str()))
    }

    /// Whether no run has compared this source yet.
    pub(super) fn is_new(&self, source: &SourceName) -> bool {
        self.new.contains(source.as_str())
    }

    /// Whether a source that was not read could still ask for somebody who leaves, listed by another one or not.
    pub(super) fn doubt(&self, source: &SourceName, evidence: Evidence) -> Option<KeptBecause> {
        let of = self.failed.get_key_value(source.as_str());
        let any = || self.failed.iter().min();
        let by_absence = evidence == Evidence::Answer;
        let shared = self.input.connector.conflicts.across_sources == AcrossSources::PreferEnabled;
        let (name, reason) = of.or_else(|| any().filter(|_| by_absence || shared))?;
        Some(KeptBecause::Unconfirmed { reason: format!("source `{}`: {reason}", shown(name)) })
    }

    /// That a source was not read; None: it was.
    pub(super) fn unread(&self, source: &SourceName) -> Option<KeptBecause> {
        let (name, reason) = self.failed.get_key_value(source.as_str())?;
        Some(KeptBecause::Unconfirmed { reason: format!("source `{}`: {reason}", shown(name)) })
    }

    /// The source that was not read and whose word would count for a newcomer of the source at `asking`; None: there is none.
    ///
    /// Where an address of two sources stops the run, nobody is expected to be in both; where the enabled entry counts,
    /// the newcomer has it already.
    pub(super) fn has_a_say(&self, asking: u16) -> Option<&'a SourceName> {
        let sources = self.input.desired.sources();
        let before = match self.input.connector.conflicts.across_sources {
            AcrossSources::First => &sources[..usize::from(asking)],
            AcrossSources::Skip => sources,
            AcrossSources::Fail | AcrossSources::PreferEnabled => return None,
        };
        before.iter().find(|it| it.failure.is_some()).map(|it| &it.name)
    }

    /// Whether a group of `owner`, which was not read, is asked for by a source whose groups count after the owner's.
    pub(super) fn stands_back(&self, owner: &SourceName, asking: u16) -> bool {
        let before = &self.input.desired.sources()[..usize::from(asking)];
        self.input.connector.conflicts.same_group == SameGroup::First
            && before.iter().any(|it| it.name == *owner && it.failure.is_some())
    }

    /// Whether a group of this source may lose members.
    pub(super) fn may_shrink(&self, source: &SourceName) -> bool {
        let merged = self.input.connector.conflicts.same_group == SameGroup::Merge;
        !self.is_new(source) && !self.failed.contains_key(source.as_str()) && (self.all_read() || !merged)
    }

    /// Whether a managed group of this source that is not in the desired state is certainly not in the directory.
    pub(super) fn tells_of_groups(&self, source: &SourceName) -> bool {
        self.configured.contains(source.as_str())
            && !self.failed.contains_key(source.as_str())
            && !self.without_groups.contains(source.as_str())
    }

    /// Sources that were read, with how many people and groups each brought.
    pub(super) fn sizes(&self) -> Vec<Size<'a>> {
        let desired = self.input.desired;
        let mut sizes: Vec<Size<'a>> = desired
            .sources()
            .iter()
            .map(|it| Size {
                name: &it.name,
                source: it,
                read: it.failure.is_none(),
                groups_read: it.groups,
                people: 0,
                listed: 0,
                groups: 0,
            })
            .collect();
        for person in desired.everybody() {
            let has_address = desired.no_use(person).is_none_or(|it| !it.is_lack());
            let size = &mut sizes[usize::from(person.source)];
            size.listed += usize::from(person.state != AccountState::Deleted);
            size.people += usize::from(has_address);
        }
        for alias in desired.merged().iter().flat_map(|it| &it.aliases) {
            let size = &mut sizes[usize::from(alias.source)];
            size.listed += 1;
            size.people += 1;
        }
        for group in desired.groups().iter().chain(desired.dropped_groups()) {
            sizes[usize::from(group.source)].groups += 1;
        }
        sizes.retain(|it| it.read);
        sizes
    }

    pub(super) fn notices(&self, notices: &mut Vec<PlanNotice>) {
        let (desired, ledger) = (self.input.desired, self.input.ledger);
        for source in desired.sources() {
            let Some(reason) = &source.failure else { continue };
            notices.push(PlanNotice::SourceNotRead {
                source: source.name.clone(),
                reason: reason.clone(),
                people: ledger.people.iter().filter(|it| it.source == source.name).count(),
                groups: ledger.groups.iter().filter(|it| it.source == source.name).count(),
            });
        }
        notices.extend(former(ledger));
        let left = |name: &SourceName| {
            !self.configured.contains(name.as_str()) && !name.is_untold() && !name.is_former()
        };
        let mut former: Vec<&SourceName> = Vec::new();
        for name in ledger.people.iter().map(|it| &it.source).filter(|it| left(it)) {
            if !former.contains(&name) {
                former.push(name);
            }
        }
        for name in former {
            let people = ledger.people.iter().filter(|it| it.source == *name).count();
            notices.push(PlanNotice::SourceNotConfigured { source: name.clone(), people });
        }
        if !desired.merged().is_empty() {
            let shown = |number: usize| desired.display_name(&desired.everybody()[number]).to_owned();
            notices.push(PlanNotice::SharedBySources {
                people: desired.merged().len(),
                examples: desired.merged().iter().take(EXAMPLES).map(|it| shown(it.person)).collect(),
            });
        }
        if !self.all_known() && !self.input.ledger.people.is_empty() {
            let new = desired.sources().iter().filter(|it| self.is_new(&it.name));
            notices.extend(new.map(|it| PlanNotice::SourceNew { source: it.name.clone() }));
        }
    }
}

/// How much a source brought.
pub(super) struct Size<'a> {
    pub(super) name: &'a SourceName,
    source: &'a DesiredSource,
    read: bool,
    pub(super) groups_read: bool,
    /// Those with an address.
    pub(super) people: usize,
    /// Those with or without, but for deleted ones.
    pub(super) listed: usize,
    pub(super) groups: usize,
}

impl Size<'_> {
    /// Keys of the settings that say where addresses come from.
    pub(super) fn address_settings(&self) -> Vec<String> {
        self.source.address_settings.iter().map(|it| (*it).to_owned()).collect()
    }
}

/// Whom directories brought over to which no source leads any more.
fn former(ledger: &LedgerState) -> Vec<PlanNotice> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for account in ledger.people.iter().filter_map(|it| it.source.former_account()) {
        counts.entry(account).or_default().0 += 1;
    }
    for account in ledger.groups.iter().filter_map(|it| it.source.former_account()) {
        counts.entry(account).or_default().1 += 1;
    }
    let remark = |(account, (people, groups)): (&str, _)| PlanNotice::FormerDirectory {
        directory: account.to_owned(),
        people,
        groups,
    };
    counts.into_iter().map(remark).collect()
}

fn shown(name: &str) -> &str {
    if name.is_empty() { "directory" } else { name }
}
