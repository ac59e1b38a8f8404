//! Reads people, roles or groups, and who is in them.

use super::list::Listed;
use super::model::{NumberResponse, RoleResponse, UserResponse, UserWithRolesResponse};
use super::{GROUP, IN_FLIGHT, NAME, OneLoginDirectory};
use crate::ReadError;
use crate::web::{WebReadError, WebSession};
use bwdc_base::clock::from_iso;
use bwdc_base::event::{Event, Events};
use bwdc_base::notice::Notice;
use bwdc_core::filter::Filter;
use bwdc_core::names::Timestamp;
use bwdc_core::normalize::{self, Address, is_acceptable};
use bwdc_core::settings::{OneLoginApi, OneLoginGroups};
use bwdc_core::snapshot::{
    AccountState, PersonEntry, PersonMarks, ReadScope, Section, SetAside, SetAsideBecause, Snapshot,
    SnapshotBuilder,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::{HashMap, HashSet};

/// The largest pages of the second version.
const MOST_PEOPLE: &str = "1000";
const MOST_ROLES: &str = "650";
const PEOPLE: &[&str] = &["users"];
/// What is asked of people.
const READ_USERS: &str = "`Read Users` for the API credential";
const FIELDS: &str = "id,email,username,status,group_id,updated_at,firstname,lastname";
const FIELDS_WITH_ROLES: &str = "id,email,username,status,group_id,updated_at,firstname,lastname,role_id";

/// Everything of the scope; people whose date is before `since` are marked unchanged.
pub(super) async fn read(
    directory: &OneLoginDirectory,
    scope: ReadScope,
    since: Option<Timestamp>,
    events: Events<'_>,
) -> Result<Snapshot, ReadError> {
    let session = directory.service.session(events);
    let people = if scope.people { people(directory, &session).await? } else { Vec::new() };
    snapshot(directory, &session, scope, since, &people, events).await
}

/// The snapshot of these people, with roles or groups and who is in them as they are now.
pub(super) async fn snapshot(
    directory: &OneLoginDirectory,
    session: &WebSession<'_>,
    scope: ReadScope,
    since: Option<Timestamp>,
    people: &[UserWithRolesResponse],
    events: Events<'_>,
) -> Result<Snapshot, ReadError> {
    if !people.is_empty() && people.iter().all(|it| it.user.status.is_none()) {
        let what = "the status of any account".to_owned();
        return Err(WebReadError::NotShown { service: NAME, what, right: READ_USERS }.into());
    }
    let mut builder = SnapshotBuilder::new(scope);
    // Who is left out by a filter is nobody who could not be found.
    let mut left_out = HashSet::new();
    for person in people {
        if !add_person(directory, scope, since, &person.user, &mut builder) {
            left_out.insert(person.user.id);
        }
    }
    if scope.people {
        builder.end(Section::People);
    }
    if scope.deleted {
        builder.end(Section::DeletedPeople);
    }
    report(&builder, events);
    if scope.groups {
        directory.watch_limit(session).await;
        groups(directory, session, (people, &left_out), &mut builder, events).await?;
        if directory.filters.groups_choose_people {
            builder.keep_people_of_groups(directory.filters.removes_disabled);
        }
        builder.end(Section::Groups);
    }
    report(&builder, events);
    Ok(builder.finish()?)
}

/// Everybody; with their roles by the first version.
pub(super) async fn people(
    directory: &OneLoginDirectory,
    session: &WebSession<'_>,
) -> Result<Vec<UserWithRolesResponse>, WebReadError> {
    match directory.settings.api {
        OneLoginApi::First => {
            let native = native(&directory.filters.users);
            let query = with(&[("fields", FIELDS_WITH_ROLES)], &native);
            directory.first(session, PEOPLE, &query).await
        }
        OneLoginApi::Second => {
            let users = everybody(directory, session).await?.entries;
            Ok(users.into_iter().map(|user| UserWithRolesResponse { user, roles: None }).collect())
        }
    }
}

/// Everybody, by the second version.
pub(super) async fn everybody(
    directory: &OneLoginDirectory,
    session: &WebSession<'_>,
) -> Result<Listed<UserResponse>, WebReadError> {
    let native = native(&directory.filters.users);
    let query = with(&[("limit", MOST_PEOPLE), ("fields", FIELDS)], &native);
    directory.second(session, PEOPLE, &query, "people").await
}

/// The fields that a query of OneLogin's own names, and what each has to be.
fn native(filter: &Filter) -> Vec<(String, String)> {
    url::form_urlencoded::parse(filter.native().unwrap_or_default().as_bytes()).into_owned().collect()
}

fn with<'q>(query: &[(&'q str, &'q str)], native: &'q [(String, String)]) -> Vec<(&'q str, &'q str)> {
    let native = native.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    query.iter().copied().chain(native).collect()
}

/// Who changed since then, by the second version.
pub(super) async fn changed(
    directory: &OneLoginDirectory,
    session: &WebSession<'_>,
    since: &str,
) -> Result<Listed<UserResponse>, WebReadError> {
    let query = [("limit", MOST_PEOPLE), ("fields", FIELDS), ("updated_since", since)];
    directory.second(session, PEOPLE, &query, "people").await
}

/// How many people there are, by the second version.
pub(super) async fn count(
    directory: &OneLoginDirectory,
    session: &WebSession<'_>,
) -> Result<u64, WebReadError> {
    directory.length(session, PEOPLE).await
}

/// Whether the filter lets somebody through, who is added then.
fn add_person(
    directory: &OneLoginDirectory,
    scope: ReadScope,
    since: Option<Timestamp>,
    user: &UserResponse,
    builder: &mut SnapshotBuilder,
) -> bool {
    let address = address(user);
    // A user name that is half an address would make one with two `@`.
    let username = trimmed(user.username.as_deref()).filter(|it| !it.contains('@'));
    // Whoever has an address only by the suffix is chosen by it as well.
    let whole = match normalize::address(address, username, &directory.filters.address) {
        Address::Usable(whole) => whole,
        Address::TooLong | Address::Missing => String::new(),
    };
    if !directory.filters.users.admits(&whole) {
        return false;
    }
    let id = builder.text(&user.id.to_string());
    let Some(is_active) = directory.is_active(user.status) else {
        let name = || trimmed(user.username.as_deref()).map(str::to_owned).or_else(|| whole_name(user));
        let shown = address.map(str::to_owned).or_else(name);
        let reference = shown.map_or(id, |shown| builder.text(&shown));
        let because = SetAsideBecause::StateNotTold;
        builder.set_aside(SetAside { reference, key: id, external_id: id, stable_id: Some(id), because });
        return true;
    };
    let mail = address.map(|address| builder.text(address));
    // With `sync.emailSuffix` it makes an address where neither of the two is one.
    let prefix = username.map(|username| builder.text(username));
    let name = whole_name(user).map(|name| builder.text(&name));
    builder.person(PersonEntry {
        reference: id,
        key: id,
        login: None,
        external_id: id,
        stable_id: scope.stable_ids.then_some(id),
        mail,
        prefix,
        state: if is_active { AccountState::Enabled } else { AccountState::Disabled },
        marks: PersonMarks { number: None, name },
    });
    let updated = user.updated_at.as_deref().and_then(from_iso);
    if since.is_some_and(|since| updated.is_some_and(|updated| updated < since)) {
        builder.unchanged(id);
    }
    true
}

/// First and last name, where both are known.
fn whole_name(user: &UserResponse) -> Option<String> {
    Some(format!("{} {}", trimmed(user.first_name.as_deref())?, trimmed(user.last_name.as_deref())?))
}

/// The e-mail address, else a user name that is one.
fn address(user: &UserResponse) -> Option<&str> {
    [user.email.as_deref(), user.username.as_deref()]
        .into_iter()
        .filter_map(trimmed)
        .find(|text| is_acceptable(text) && !text.contains(char::is_whitespace) && has_full_domain(text))
}

/// Whether there is a dot within what follows the `@`: the official connector takes nothing else for an address.
fn has_full_domain(address: &str) -> bool {
    let domain = address.rsplit('@').next().unwrap_or_default();
    let places = 1..domain.len().saturating_sub(1);
    domain.bytes().enumerate().any(|(place, byte)| byte == b'.' && places.contains(&place))
}

fn trimmed(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

async fn groups(
    directory: &OneLoginDirectory,
    session: &WebSession<'_>,
    (people, left_out): (&[UserWithRolesResponse], &HashSet<u64>),
    builder: &mut SnapshotBuilder,
    events: Events<'_>,
) -> Result<(), WebReadError> {
    let native = native(&directory.filters.groups);
    let listed: Vec<RoleResponse> = match (directory.settings.groups, directory.settings.api) {
        (OneLoginGroups::Groups, _) => directory.first(session, &["groups"], &with(&[], &native)).await?,
        (OneLoginGroups::Roles, OneLoginApi::First) => {
            directory.first(session, &["roles"], &with(&[], &native)).await?
        }
        (OneLoginGroups::Roles, OneLoginApi::Second) => {
            let query = with(&[("limit", MOST_ROLES), ("fields", "id,name")], &native);
            directory.second(session, &["roles"], &query, "roles").await?.entries
        }
    };
    let mut wanted = Vec::new();
    for group in listed {
        let Some(name) = trimmed(group.name.as_deref()).map(str::to_owned) else {
            events(Event::Notice(Notice::GroupWithoutName { group: group.id.to_string(), attribute: None }));
            continue;
        };
        if directory.filters.groups.admits(&name) {
            wanted.push((group.id, name));
        }
    }
    match (directory.settings.groups, directory.settings.api) {
        (OneLoginGroups::Groups, _) => {
            let of = by_group((people, left_out), |person| person.user.group_id.into_iter().collect());
            wanted.iter().for_each(|(id, name)| add(builder, *id, &format!("{GROUP}{id}"), name, of.get(id)));
        }
        (OneLoginGroups::Roles, OneLoginApi::First) => {
            for person in people.iter().filter(|it| it.roles.is_none() && !left_out.contains(&it.user.id)) {
                // Whom roles choose nobody can tell then.
                if directory.filters.groups_choose_people {
                    let name =
                        address(&person.user).map_or_else(|| person.user.id.to_string(), str::to_owned);
                    let what = format!("in which roles `{name}` is");
                    return Err(WebReadError::NotShown { service: NAME, what, right: READ_USERS });
                }
                let id = builder.text(&person.user.id.to_string());
                builder.hides_groups(id);
            }
            let of = by_group((people, left_out), |person| person.roles.clone().unwrap_or_default());
            wanted.iter().for_each(|(id, name)| add(builder, *id, &id.to_string(), name, of.get(id)));
        }
        (OneLoginGroups::Roles, OneLoginApi::Second) => {
            let mut read = stream::iter(wanted)
                .map(|(id, name)| async move {
                    let number = id.to_string();
                    let path = ["roles", number.as_str(), "users"];
                    let members: Listed<NumberResponse> = directory
                        .second(session, &path, &[("limit", MOST_ROLES)], "people of a role")
                        .await?;
                    let members = members.entries.iter().map(|it| it.id);
                    let ids = members.filter(|it| !left_out.contains(it)).collect::<Vec<_>>();
                    Ok::<_, WebReadError>((id, name, ids))
                })
                .buffered(IN_FLIGHT);
            while let Some((id, name, members)) = read.try_next().await? {
                add(builder, id, &id.to_string(), &name, Some(&members));
                report(builder, events);
            }
        }
    }
    Ok(())
}

/// The people of each group, in the order of the list of people.
fn by_group(
    (people, left_out): (&[UserWithRolesResponse], &HashSet<u64>),
    groups_of: impl Fn(&UserWithRolesResponse) -> Vec<u64>,
) -> HashMap<u64, Vec<u64>> {
    let mut of: HashMap<u64, Vec<u64>> = HashMap::new();
    for person in people.iter().filter(|it| !left_out.contains(&it.user.id)) {
        for group in groups_of(person) {
            of.entry(group).or_default().push(person.user.id);
        }
    }
    of
}

fn add(builder: &mut SnapshotBuilder, id: u64, external_id: &str, name: &str, members: Option<&Vec<u64>>) {
    let members: Vec<_> =
        members.into_iter().flatten().map(|member| builder.text(&member.to_string())).collect();
    // People and roles have numbers of their own: a role must not be taken for the person of its number.
    let (key, external_id, name) =
        (builder.text(&format!("group {id}")), builder.text(external_id), builder.text(name));
    builder.group(name, key, external_id, name, &members);
}

fn report(builder: &SnapshotBuilder, events: Events<'_>) {
    let (people, groups) = builder.counts();
    events(Event::Reading { people, groups });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(email: Option<&str>, username: Option<&str>) -> UserResponse {
        let text = |text: Option<&str>| text.map(str::to_owned);
        UserResponse {
            id: 1,
            email: text(email),
            username: text(username),
            status: Some(1),
            group_id: None,
            updated_at: None,
            first_name: None,
            last_name: None,
        }
    }

    #[test]
    fn the_address_is_the_e_mail_else_a_user_name_that_is_one() {
        assert_eq!(address(&user(Some(" a@x.test "), Some("b@x.test"))), Some("a@x.test"));
        assert_eq!(address(&user(Some(""), Some("b@x.test"))), Some("b@x.test"));
        assert_eq!(address(&user(Some("none"), Some("b@x.test"))), Some("b@x.test"));
        assert_eq!(address(&user(None, Some("b"))), None);
        assert_eq!(address(&user(Some("a b@x.test"), None)), None);
        for short in ["jo@corp", "jo@.corp", "jo@corp."] {
            assert_eq!(address(&user(Some(short), Some("b@x.test"))), Some("b@x.test"), "{short}");
        }
    }
}
