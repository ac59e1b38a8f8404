//! Looks a tenant over: whether the application is accepted, and each permission that the settings need.

use super::EntraDirectory;
use super::graph::Graph;
use super::message::{GroupResponse, PageResponse, hides_members};
use crate::ReadError;
use crate::probe::{Check, Concern, Finding, Grade};
use crate::web::{Route, WebReadError};
use bwdc_base::event::Events;
use bwdc_core::filter::{Filter, Keyword};
use serde_json::Value;

/// What shows the members of groups that hide them.
const HIDDEN_RIGHT: &str = "Member.Read.Hidden";

impl EntraDirectory {
    /// Signs in, asks for the first person and the first group, and then for one answer to each further kind of request;
    /// one that is denied names the permission.
    pub async fn probe(&self, events: Events<'_>) -> Vec<Finding> {
        let graph = self.graph(self.service.probing(events));
        let mut findings = vec![graph.session().probe_sign_in().await];
        if findings[0].is_failure() {
            return findings;
        }
        for (check, list) in [(Check::People, "/users"), (Check::Groups, "/groups")] {
            findings.push(match graph.get(&format!("{list}?$top=1&$select=id")) {
                Ok(request) => graph.session().probe_list(check, request, "/value").await,
                Err(error) => failed(check, list, error),
            });
        }
        let mut rights = vec![("User.Read.All", "/directory/deletedItems/microsoft.graph.user".to_owned())];
        if let Some(group) = first_group(&graph).await {
            rights.push(("GroupMember.Read.All", format!("/groups/{group}/members")));
        }
        let filters = &self.wanted.filters;
        if let Some(unit) = unit_of(&filters.users).or_else(|| unit_of(&filters.groups)) {
            let list = format!("/directory/administrativeUnits/{unit}/members");
            rights.push(("AdministrativeUnit.Read.All", list));
        }
        if let Some(missing) = self.looks_for_hidden_members(&graph).await {
            findings.push(missing);
        }
        for (right, list) in rights {
            findings.push(match first_of(&graph, &list).await {
                Ok(_) => Finding::new(Check::Right, right, Grade::Good),
                Err(error) => failed(Check::Right, right, error),
            });
        }
        findings
    }

    /// The addresses of the sign-in and of Graph.
    pub fn routes(&self) -> Vec<Route> {
        [&self.authority, &self.graph].map(|url| self.service.route_to(url)).into()
    }
}

impl EntraDirectory {
    /// Whether the members of groups that hide them are shown; None where no such group is among the first.
    async fn looks_for_hidden_members(&self, graph: &Graph<'_>) -> Option<Finding> {
        let request = graph.get("/groups?$select=id,displayName,visibility&$top=999").ok()?;
        let page = graph.session().json::<PageResponse<GroupResponse>>(&request).await.ok()?.value;
        let mut hidden = page.value.iter().filter(|group| hides_members(group.visibility.as_deref()));
        let group = hidden.next()?;
        let members = first_of(graph, &format!("/groups/{}/members", group.id)).await.ok()?;
        let is_shown = members.pointer("/value/0").is_some();
        let right = HIDDEN_RIGHT.to_owned();
        let grade = if is_shown { Grade::Good } else { Grade::Concern(Concern::RightMissing { right }) };
        Some(Finding::new(Check::Right, HIDDEN_RIGHT, grade))
    }
}

async fn first_of(graph: &Graph<'_>, list: &str) -> Result<Value, WebReadError> {
    let request = graph.get(&format!("{list}?$top=1&$select=id"))?;
    Ok(graph.session().json::<Value>(&request).await?.value)
}

async fn first_group(graph: &Graph<'_>) -> Option<String> {
    let groups = first_of(graph, "/groups").await.ok()?;
    groups.pointer("/value/0/id").and_then(Value::as_str).map(str::to_owned)
}

fn failed(check: Check, subject: &str, error: WebReadError) -> Finding {
    Finding::new(check, subject, Grade::Failed(Box::new(ReadError::from(error))))
}

/// A unit that a filter names, in letters that an address may hold.
fn unit_of(filter: &Filter) -> Option<String> {
    let keywords = [Keyword::IncludeAdministrativeUnit, Keyword::ExcludeAdministrativeUnit];
    let unit = keywords.into_iter().find_map(|keyword| filter.values(keyword)?.first())?;
    Some(unit.to_lowercase()).filter(|it| it.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}
