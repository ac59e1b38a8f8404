//! Looks a tenant over: whether the application is accepted, and each permission that the settings need.

use super::EntraDirectory;
use super::batch::unit_path;
use super::graph::Graph;
use super::hidden::units_of;
use super::message::{GroupResponse, PageResponse};
use crate::ReadError;
use crate::probe::{Check, Concern, Finding, Grade};
use crate::web::{Route, WebReadError};
use bwdc_base::event::Events;
use serde_json::Value;

/// What shows the members of groups that hide them.
const HIDDEN_RIGHT: &str = "Member.Read.Hidden";
/// Groups that hide their members and are asked for one: the first may have none.
const MOST_HIDDEN: usize = 20;

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
        let units = self.units();
        if let Some(unit) = units.first() {
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
    /// Whether the members of groups that hide them are shown, and those of the units that filters name; None where nothing that is
    /// asked for hides any.
    async fn looks_for_hidden_members(&self, graph: &Graph<'_>) -> Option<Finding> {
        let mut shown = None;
        for list in self.hidden_lists(graph).await {
            let members = first_of(graph, &format!("{list}/members")).await;
            let shows = members.is_ok_and(|it| it.pointer("/value/0").is_some());
            shown = Some(shows);
            if shows {
                break;
            }
        }
        let right = HIDDEN_RIGHT.to_owned();
        let grade = if shown? { Grade::Good } else { Grade::Concern(Concern::RightMissing { right }) };
        Some(Finding::new(Check::Right, HIDDEN_RIGHT, grade))
    }

    /// The units of filters that hide their members, and a few of the groups that do.
    async fn hidden_lists(&self, graph: &Graph<'_>) -> Vec<String> {
        let mut lists = Vec::new();
        for unit in self.units() {
            let is_hidden = match graph.get(&unit_path(&unit)) {
                Ok(request) => graph
                    .session()
                    .json::<GroupResponse>(&request)
                    .await
                    .is_ok_and(|it| it.value.hides_members()),
                Err(_) => false,
            };
            if is_hidden {
                lists.push(format!("/directory/administrativeUnits/{unit}"));
            }
        }
        if let Ok(request) = graph.get("/groups?$select=id,displayName,visibility&$top=999")
            && let Ok(page) = graph.session().json::<PageResponse<GroupResponse>>(&request).await
        {
            let hidden = page.value.value.iter().filter(|it| it.hides_members());
            lists.extend(hidden.take(MOST_HIDDEN).map(|group| format!("/groups/{}", group.id)));
        }
        lists
    }

    /// The units that filters name, in letters that an address may hold.
    fn units(&self) -> Vec<String> {
        let filters = &self.wanted.filters;
        let units = units_of(&filters.users).chain(units_of(&filters.groups)).map(str::to_lowercase);
        units.filter(|it| it.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')).collect()
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
