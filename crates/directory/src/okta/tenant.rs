//! What an Okta organization holds, as it was received, and the snapshot that it makes.

use super::OktaDirectory;
use super::model::{Profile, UserResponse};
use bwdc_base::clock::from_iso;
use bwdc_core::names::Timestamp;
use bwdc_core::snapshot::{
    AccountState, IncompleteRead, PersonEntry, PersonMarks, ReadScope, Section, SetAside, SetAsideBecause,
    Snapshot, SnapshotBuilder,
};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// People and groups in the order in which they came first.
#[derive(Debug, Default)]
pub(super) struct Tenant {
    users: Vec<UserResponse>,
    groups: Vec<Group>,
    user_places: HashMap<String, usize>,
}

/// A group with the ids of its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) last_updated: Option<String>,
    pub(super) last_membership_updated: Option<String>,
    pub(super) members: Vec<String>,
}

impl Tenant {
    /// Adds somebody, or takes the newer state of somebody who changed while the list was read.
    pub(super) fn put_user(&mut self, user: UserResponse) {
        match self.user_places.get(&user.id) {
            Some(&place) => self.users[place] = user,
            None => {
                self.user_places.insert(user.id.clone(), self.users.len());
                self.users.push(user);
            }
        }
    }

    pub(super) fn put_group(&mut self, group: Group) {
        self.groups.push(group);
    }

    /// Drops people whom Okta does not have any more.
    pub(super) fn drop_users(&mut self, ids: &HashSet<String>) {
        self.users.retain(|user| !ids.contains(&user.id));
        self.user_places =
            self.users.iter().enumerate().map(|(place, user)| (user.id.clone(), place)).collect();
    }

    /// Whether somebody is known, whatever the status.
    pub(super) fn user(&self, id: &str) -> Option<&UserResponse> {
        self.users.get(*self.user_places.get(id)?)
    }

    pub(super) fn into_users(self) -> Vec<UserResponse> {
        self.users
    }

    pub(super) fn users(&self) -> &[UserResponse] {
        &self.users
    }

    pub(super) fn groups(&self) -> &[Group] {
        &self.groups
    }

    pub(super) fn counts(&self) -> (usize, usize) {
        (self.users.len(), self.groups.len())
    }

    /// The snapshot; what is older than `since` by Okta's own dates is marked unchanged.
    pub(super) fn snapshot(
        &self,
        directory: &OktaDirectory,
        scope: ReadScope,
        since: Option<Timestamp>,
    ) -> Result<Snapshot, IncompleteRead> {
        let mut builder = SnapshotBuilder::new(scope);
        let (deleted, others): (Vec<_>, Vec<_>) =
            self.users.iter().partition(|user| directory.state(&user.status) == Some(AccountState::Deleted));
        for user in others {
            person(directory, scope, since, user, &mut builder);
        }
        if scope.people {
            builder.end(Section::People);
        }
        if scope.deleted {
            for user in deleted {
                person(directory, scope, since, user, &mut builder);
            }
            builder.end(Section::DeletedPeople);
        }
        if scope.groups {
            // Who is left out by a filter is nobody who could not be found.
            let left_out = self.users.iter().filter(|it| !admits(directory, it));
            let left_out: HashSet<&str> = left_out.map(|it| it.id.as_str()).collect();
            for group in &self.groups {
                let (id, name) = (builder.text(&group.id), builder.text(&group.name));
                let members = group.members.iter().filter(|it| !left_out.contains(it.as_str()));
                let members: Vec<_> = members.map(|member| builder.text(member)).collect();
                builder.group(name, id, id, name, &members);
                if is_older(since, &[&group.last_updated, &group.last_membership_updated]) {
                    builder.unchanged(id);
                }
            }
            if directory.filters.groups_choose_people {
                builder.keep_people_of_groups(directory.filters.removes_disabled);
            }
            builder.end(Section::Groups);
        }
        builder.finish()
    }
}

fn person(
    directory: &OktaDirectory,
    scope: ReadScope,
    since: Option<Timestamp>,
    user: &UserResponse,
    builder: &mut SnapshotBuilder,
) {
    if !admits(directory, user) {
        return;
    }
    let mail = mail(user);
    let id = builder.text(&user.id);
    let Some(state) = directory.state(&user.status) else {
        let reference = builder.text(mail.unwrap_or(&user.profile.login));
        let because = SetAsideBecause::StateNotTold;
        builder.set_aside(SetAside { reference, key: id, external_id: id, stable_id: Some(id), because });
        return;
    };
    let marks = marks(&user.profile, builder);
    let entry = PersonEntry {
        reference: builder.text(&user.profile.login),
        key: id,
        login: None,
        external_id: id,
        stable_id: scope.stable_ids.then_some(id),
        mail: mail.map(|mail| builder.text(mail)),
        prefix: None,
        state,
        marks,
    };
    builder.person(entry);
    if is_older(since, &[&user.last_updated]) {
        builder.unchanged(id);
    }
}

/// Whether the filter lets somebody through.
fn admits(directory: &OktaDirectory, user: &UserResponse) -> bool {
    directory.filters.users.admits(mail(user).unwrap_or_default())
}

fn mail(user: &UserResponse) -> Option<&str> {
    user.profile.email.as_deref().map(str::trim).filter(|it| !it.is_empty())
}

fn marks(profile: &Profile, builder: &mut SnapshotBuilder) -> PersonMarks {
    let filled =
        |it: &'_ Option<String>| it.as_deref().map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned);
    let whole = || Some(format!("{} {}", filled(&profile.first_name)?, filled(&profile.last_name)?));
    let name = filled(&profile.display_name).or_else(whole);
    let mut text = |it: Option<String>| it.map(|it| builder.text(&it));
    PersonMarks { number: text(filled(&profile.employee_number)), name: text(name) }
}

/// Whether every date is known and before the time that was asked about.
fn is_older(since: Option<Timestamp>, dates: &[&Option<String>]) -> bool {
    since.is_some_and(|since| {
        dates.iter().all(|date| date.as_deref().and_then(from_iso).is_some_and(|date| date < since))
    })
}
