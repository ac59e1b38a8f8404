//! Reads people, groups and members to the last page of each.

use super::OktaDirectory;
use super::model::{GroupResponse, MemberResponse, UserResponse};
use crate::clock::from_iso;
use crate::directory::ReadError;
use crate::directory::web::{Answer, Next, WebReadError, WebRequest, WebSession, below, link_next};
use crate::event::{Event, Events};
use bwdc_core::names::Timestamp;
use bwdc_core::snapshot::{PersonEntry, ReadScope, Section, Snapshot, SnapshotBuilder};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::HashSet;
use url::Url;

/// The largest page of people.
const PEOPLE: &str = "200";
/// The recommended page of groups.
const GROUPS: &str = "200";
/// The largest page of a group's members.
const MEMBERS: &str = "1000";

/// An unfiltered list leaves these people out; a list by this filter has nobody else.
const DEPROVISIONED: &str = "status eq \"DEPROVISIONED\"";

pub(super) async fn read(
    directory: &OktaDirectory,
    scope: ReadScope,
    since: Option<Timestamp>,
    events: Events<'_>,
) -> Result<Snapshot, ReadError> {
    let session = directory.service.session(events);
    let mut reading = Reading {
        directory,
        session: &session,
        scope,
        since,
        events,
        seen: HashSet::new(),
        builder: SnapshotBuilder::new(scope),
    };
    let native = directory.filters.users.native();
    if scope.people {
        reading.people(native.map(str::to_owned)).await?;
        reading.builder.end(Section::People);
    }
    if scope.deleted {
        let filter = native.map_or(DEPROVISIONED.to_owned(), |it| format!("({it}) and {DEPROVISIONED}"));
        reading.people(Some(filter)).await?;
        reading.builder.end(Section::DeletedPeople);
    }
    if scope.groups {
        reading.groups().await?;
        reading.builder.end(Section::Groups);
    }
    Ok(reading.builder.finish()?)
}

struct Reading<'r, 'a> {
    directory: &'r OktaDirectory,
    session: &'r WebSession<'a>,
    scope: ReadScope,
    since: Option<Timestamp>,
    events: Events<'r>,
    seen: HashSet<String>,
    builder: SnapshotBuilder,
}

impl Reading<'_, '_> {
    async fn people(&mut self, filter: Option<String>) -> Result<(), WebReadError> {
        let mut url = below(&self.directory.api, &["users"]);
        url.query_pairs_mut().append_pair("limit", PEOPLE);
        if let Some(filter) = filter {
            url.query_pairs_mut().append_pair("filter", &filter);
        }
        let mut pages =
            self.session.pages::<Vec<UserResponse>>(WebRequest::get(url).bucket("users"), next_page);
        while let Some(page) = pages.next().await? {
            page.value.into_iter().for_each(|user| self.person(user));
            self.tell();
        }
        Ok(())
    }

    /// Somebody who changes while the list is read can come twice: the first counts, the next run sees the change.
    fn person(&mut self, user: UserResponse) {
        let state = self.directory.state(&user.status);
        let mail = user.profile.email.as_deref().map(str::trim).filter(|it| !it.is_empty());
        if !self.directory.filters.users.admits(mail.unwrap_or_default())
            || !self.seen.insert(user.id.clone())
        {
            return;
        }
        let builder = &mut self.builder;
        let id = builder.text(&user.id);
        let entry = PersonEntry {
            reference: user.profile.login.as_deref().map_or(id, |login| builder.text(login)),
            key: id,
            login: None,
            external_id: id,
            stable_id: self.scope.stable_ids.then_some(id),
            mail: mail.map(|mail| builder.text(mail)),
            prefix: None,
            state,
        };
        builder.person(entry);
        if self.is_older(&[&user.last_updated]) {
            self.builder.unchanged(id);
        }
    }

    async fn groups(&mut self) -> Result<(), WebReadError> {
        let mut url = below(&self.directory.api, &["groups"]);
        url.query_pairs_mut().append_pair("limit", GROUPS);
        if let Some(native) = self.directory.filters.groups.native() {
            url.query_pairs_mut().append_pair("filter", native);
        }
        let mut pages =
            self.session.pages::<Vec<GroupResponse>>(WebRequest::get(url).bucket("groups"), next_page);
        let (mut wanted, mut seen) = (Vec::new(), HashSet::new());
        while let Some(page) = pages.next().await? {
            for group in page.value {
                if self.directory.filters.groups.admits(&group.profile.name) && seen.insert(group.id.clone())
                {
                    wanted.push(group);
                }
            }
        }
        let (directory, session) = (self.directory, self.session);
        let mut read = stream::iter(wanted)
            .map(|group| async move {
                let members = members(session, &directory.api, &group.id).await?;
                Ok::<_, WebReadError>((group, members))
            })
            .buffered(super::IN_FLIGHT);
        while let Some((group, members)) = read.try_next().await? {
            self.group(&group, &members);
            self.tell();
        }
        Ok(())
    }

    fn group(&mut self, group: &GroupResponse, members: &[String]) {
        let builder = &mut self.builder;
        let (id, name) = (builder.text(&group.id), builder.text(&group.profile.name));
        let members: Vec<_> = members.iter().map(|member| builder.text(member)).collect();
        builder.group(name, id, id, name, &members);
        if self.is_older(&[&group.last_updated, &group.last_membership_updated]) {
            self.builder.unchanged(id);
        }
    }

    /// Whether every date is known and before the time that was asked about.
    fn is_older(&self, dates: &[&Option<String>]) -> bool {
        self.since.is_some_and(|since| {
            dates.iter().all(|date| date.as_deref().and_then(from_iso).is_some_and(|date| date < since))
        })
    }

    fn tell(&self) {
        let (people, groups) = self.builder.counts();
        (self.events)(Event::Reading { people, groups });
    }
}

async fn members(session: &WebSession<'_>, api: &Url, group: &str) -> Result<Vec<String>, WebReadError> {
    let mut url = below(api, &["groups", group, "users"]);
    url.query_pairs_mut().append_pair("limit", MEMBERS);
    let mut pages =
        session.pages::<Vec<MemberResponse>>(WebRequest::get(url).bucket("group members"), next_page);
    let mut members = Vec::new();
    while let Some(page) = pages.next().await? {
        members.extend(page.value.into_iter().map(|member| member.id));
    }
    Ok(members)
}

/// Okta's last page has no `next` link and every page has a `self` link: an answer without any comes from somebody else.
fn next_page<T>(answer: &Answer<T>) -> Result<Next, String> {
    if !answer.headers.contains_key(reqwest::header::LINK) {
        return Err("it has no Link header, so whether more follows is not known".to_owned());
    }
    link_next(&answer.headers, &answer.url)
}
