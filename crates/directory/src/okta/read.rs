//! Reads people, groups and members to the last page of each.

use super::OktaDirectory;
use super::model::{GroupResponse, MemberResponse, UserResponse};
use super::tenant::{Group, Tenant};
use crate::ReadError;
use crate::web::{Answer, Next, WebReadError, WebRequest, WebSession, below, link_next};
use bwdc_base::event::{Event, Events};
use bwdc_base::http;
use bwdc_base::http::TransportError;
use bwdc_core::names::Timestamp;
use bwdc_core::snapshot::{ReadScope, Snapshot};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::HashSet;

/// The largest page of people.
const PEOPLE: &str = "200";
/// The largest page of groups, and the one that Okta recommends where it takes too long to make.
const MOST_GROUPS: &str = "10000";
const FEWER_GROUPS: &str = "200";
/// The largest page of a group's members.
const MEMBERS: &str = "1000";

/// An unfiltered list leaves these people out; a list by this filter has nobody else.
pub(super) const DEPROVISIONED: &str = "status eq \"DEPROVISIONED\"";

pub(super) async fn read(
    directory: &OktaDirectory,
    scope: ReadScope,
    since: Option<Timestamp>,
    events: Events<'_>,
) -> Result<Snapshot, ReadError> {
    let session = directory.service.session(events);
    let (tenant, _) = whole(directory, &session, scope, events).await?;
    Ok(tenant.snapshot(directory, scope, since)?)
}

/// Everything of the scope, and when it was begun by the service's clock.
pub(super) async fn whole(
    directory: &OktaDirectory,
    session: &WebSession<'_>,
    scope: ReadScope,
    events: Events<'_>,
) -> Result<(Tenant, Option<Timestamp>), WebReadError> {
    let reading = Reading { directory, session, events };
    let mut tenant = Tenant::default();
    let mut begun = None;
    let native = directory.filters.users.native();
    if scope.deleted {
        // These come first: somebody who is reactivated meanwhile is then in both lists, and never in none.
        let filter = native.map_or(DEPROVISIONED.to_owned(), |it| format!("({it}) and {DEPROVISIONED}"));
        begun = reading.people(Some(filter), &mut tenant).await?;
    }
    if scope.people {
        let time = reading.people(native.map(str::to_owned), &mut tenant).await?;
        begun = begun.or(time);
    }
    if scope.groups {
        let wanted = reading.groups().await?;
        for group in reading.with_members(wanted).await? {
            tenant.put_group(group);
        }
    }
    reading.tell(&tenant);
    Ok((tenant, begun))
}

/// One read of an organization.
pub(super) struct Reading<'r, 'a> {
    pub(super) directory: &'r OktaDirectory,
    pub(super) session: &'r WebSession<'a>,
    pub(super) events: Events<'r>,
}

impl Reading<'_, '_> {
    /// Adds the people whom Okta's own filter lets through; the time of the first answer by the service's clock.
    pub(super) async fn people(
        &self,
        filter: Option<String>,
        tenant: &mut Tenant,
    ) -> Result<Option<Timestamp>, WebReadError> {
        let mut url = below(&self.directory.api, &["users"]);
        url.query_pairs_mut().append_pair("limit", PEOPLE);
        if let Some(filter) = filter {
            url.query_pairs_mut().append_pair("filter", &filter);
        }
        let request = WebRequest::get(url).bucket("users").needs(self.directory.needs.users);
        let mut begun = None;
        let take = |page: Answer<Vec<UserResponse>>| {
            begun = begun.or_else(|| http::date(&page.headers));
            for user in page.value {
                tenant.put_user(user);
            }
            self.tell(tenant);
        };
        // Where the list is begun again, who was there the first time is there: who left meanwhile shows in the next read.
        self.session.each_page(request, next_page, take).await?;
        Ok(begun)
    }

    /// The groups that the filter lets through, as they are listed.
    pub(super) async fn groups(&self) -> Result<Vec<GroupResponse>, WebReadError> {
        match self.groups_in_pages_of(MOST_GROUPS).await {
            Err(
                WebReadError::Transport {
                    error: TransportError::Timeout { .. } | TransportError::TooLarge { .. },
                    ..
                }
                | WebReadError::Refused { status: 500.., .. },
            ) => self.groups_in_pages_of(FEWER_GROUPS).await,
            other => other,
        }
    }

    async fn groups_in_pages_of(&self, limit: &str) -> Result<Vec<GroupResponse>, WebReadError> {
        let mut url = below(&self.directory.api, &["groups"]);
        url.query_pairs_mut().append_pair("limit", limit);
        if let Some(native) = self.directory.filters.groups.native() {
            url.query_pairs_mut().append_pair("filter", native);
        }
        let request = WebRequest::get(url).bucket("groups").needs(self.directory.needs.groups);
        let (mut wanted, mut seen) = (Vec::new(), HashSet::new());
        let take = |page: Answer<Vec<GroupResponse>>| {
            if page.page == 1 {
                wanted.clear();
                seen.clear();
            }
            wanted.extend(page.value.into_iter().filter(|group| {
                self.directory.filters.groups.admits(&group.profile.name) && seen.insert(group.id.clone())
            }));
        };
        self.session.each_page(request, next_page, take).await?;
        Ok(wanted)
    }

    /// The groups with the ids of their members, side by side and in order.
    pub(super) async fn with_members(&self, groups: Vec<GroupResponse>) -> Result<Vec<Group>, WebReadError> {
        stream::iter(groups)
            .map(|group| async move {
                let members = self.members(&group.id).await?;
                Ok(Group {
                    id: group.id,
                    name: group.profile.name,
                    last_updated: group.last_updated,
                    last_membership_updated: group.last_membership_updated,
                    members,
                })
            })
            .buffered(super::IN_FLIGHT)
            .try_collect()
            .await
    }

    async fn members(&self, group: &str) -> Result<Vec<String>, WebReadError> {
        let mut url = below(&self.directory.api, &["groups", group, "users"]);
        url.query_pairs_mut().append_pair("limit", MEMBERS);
        let request = WebRequest::get(url).bucket("group members").needs(self.directory.needs.groups);
        let mut members = Vec::new();
        let take = |page: Answer<Vec<MemberResponse>>| {
            if page.page == 1 {
                members.clear();
            }
            members.extend(page.value.into_iter().map(|member| member.id));
        };
        self.session.each_page(request, next_page, take).await?;
        Ok(members)
    }

    pub(super) fn tell(&self, tenant: &Tenant) {
        let (people, groups) = tenant.counts();
        (self.events)(Event::Reading { people, groups });
    }
}

/// Okta's last page has no `next` link and every page has a `self` link: an answer without any comes from somebody else.
fn next_page<T>(answer: &Answer<T>) -> Result<Next, String> {
    if !answer.headers.contains_key(reqwest::header::LINK) {
        return Err("it has no Link header, so whether more follows is not known".to_owned());
    }
    link_next(&answer.headers, &answer.url)
}
