//! What Graph does not show to an application without a right: it looks as if nobody were there.

use super::NAME;
use super::members::Hiding;
use super::tenant::{Tenant, Wanted};
use crate::web::WebReadError;
use bwdc_core::filter::{Filter, Keyword};
use bwdc_core::snapshot::ReadScope;
use bwdc_core::text::Text;
use std::collections::HashSet;

const USERS: &str = "the application permission `User.Read.All`, with admin consent";
const HIDDEN_MEMBERS: &str = "the application permission `Member.Read.Hidden`, with admin consent";

impl Tenant {
    /// Those of the lists that were read that hide who is in them.
    pub(super) fn hiding(&self) -> Hiding {
        let groups = self.groups().iter().map(|it| (it, self.members.of(it.id)));
        let units = self.units_asked.values().map(|it| (it, self.units.of(it.id)));
        let mut hiding = Hiding::default();
        for (list, members) in groups.chain(units).filter(|(it, _)| it.hidden) {
            if !members.is_empty() {
                return Hiding::default();
            }
            hiding.insert(list.id);
        }
        hiding
    }

    /// A group that hides its members from others and shows them to us: it would not, were the right taken back. One that
    /// a list has confirmed comes first; where there is none any other will do, since all count for [`Tenant::hiding`].
    pub(super) fn hidden_group_that_shows(&self, confirmed: impl Fn(Text) -> bool) -> Option<Text> {
        let shows = |of_confirmed: bool| {
            let mut groups = self.groups().iter().filter(|it| it.hidden && confirmed(it.id) == of_confirmed);
            groups.find(|it| !self.members.of(it.id).is_empty()).map(|it| it.id)
        };
        shows(true).or_else(|| shows(false))
    }

    /// What keeps this from being a state that anything may be concluded from: rights that are missing.
    pub(super) fn missing_right(
        &mut self,
        wanted: &Wanted,
        scope: ReadScope,
        hiding: &Hiding,
    ) -> Option<WebReadError> {
        if scope.people && !self.users().is_empty() && self.users().iter().all(|user| user.enabled.is_none())
        {
            return Some(missing("whether any account is enabled".to_owned(), USERS));
        }
        if hiding.is_empty() {
            return None;
        }
        let units = self.units_named(&wanted.filters, scope);
        if let Some(unit) = units.into_iter().find(|unit| hiding.contains(*unit)) {
            let name = self.units_asked.get(&unit).and_then(|it| it.name).unwrap_or(unit);
            let what = format!("who is in the administrative unit `{}`", self.texts.get(name));
            return Some(missing(what, HIDDEN_MEMBERS));
        }
        let group = self.hidden_group_that_matters(wanted, scope, hiding)?;
        let name = self.group(group).and_then(|it| it.name).unwrap_or(group);
        Some(missing(format!("who is in the group `{}`", self.texts.get(name)), HIDDEN_MEMBERS))
    }

    /// A group whose members are not shown and on which more depends than its own members: people chosen by it, or groups
    /// around it.
    fn hidden_group_that_matters(
        &mut self,
        wanted: &Wanted,
        scope: ReadScope,
        hiding: &Hiding,
    ) -> Option<Text> {
        let chosen = self.groups_of_people(wanted, scope);
        if let Some(&group) = self.reached(&chosen, true, |group| hiding.contains(group)).first() {
            return Some(group);
        }
        if !scope.groups {
            return None;
        }
        let shown: Vec<Text> = self.shown(&wanted.filters).iter().map(|group| group.id).collect();
        let chooses = !wanted.filters.groups.is_empty();
        if let Some(group) = shown.iter().find(|group| chooses && hiding.contains(**group)) {
            return Some(*group);
        }
        let visible: HashSet<Text> = shown.iter().copied().collect();
        let counts = |group: Text| wanted.flatten_hidden_groups || visible.contains(&group);
        let inner: Vec<Text> = shown
            .iter()
            .flat_map(|group| self.members.of(*group).iter().filter_map(|member| member.group()))
            .filter(|group| counts(*group))
            .collect();
        self.reached(&inner, true, |group| counts(group) && hiding.contains(group)).first().copied()
    }
}

/// The administrative units that a filter names, as they stand there.
pub(super) fn units_of(filter: &Filter) -> impl Iterator<Item = &str> {
    [Keyword::IncludeAdministrativeUnit, Keyword::ExcludeAdministrativeUnit]
        .into_iter()
        .filter_map(|keyword| filter.values(keyword))
        .flatten()
        .map(String::as_str)
}

fn missing(what: String, right: &'static str) -> WebReadError {
    WebReadError::NotShown { service: NAME, what, right }
}

#[cfg(test)]
mod tests {
    use super::super::members::steps;
    use super::super::tenant::Group;
    use super::*;
    use bwdc_core::settings::{EntraFilters, Guests};

    /// The lists that are looked at for a snapshot of so many groups that hide their members.
    fn looked_at(groups: usize) -> usize {
        let mut tenant = Tenant::default();
        for number in 0..groups {
            let id = tenant.texts.intern(&number.to_string());
            tenant.put_group(Group { id, name: Some(id), hidden: true });
            tenant.members.put(id, Vec::new());
        }
        let filters = EntraFilters::from_stored(&serde_json::Map::new()).unwrap();
        let wanted = Wanted { filters, guests: Guests::Mail, flatten_hidden_groups: true };
        let scope = ReadScope { people: false, groups: true, deleted: false, stable_ids: true };
        let before = steps();
        let snapshot = tenant.whole_snapshot(&wanted, scope).unwrap();
        assert_eq!(snapshot.groups().len(), groups);
        steps() - before
    }

    #[test]
    fn groups_that_hide_their_members_are_looked_at_a_few_times_each() {
        let (few, many) = (looked_at(100), looked_at(1_000));
        assert_eq!(many, 10 * few);
    }
}
