//! Lists of members, twenty to a request: each item has its own status and its own next page, and is asked for again on
//! its own.
//!
//! Rounds keep this simple: all that is due is sent, what was put off or goes on is due in the next round.

use super::graph::Graph;
use super::members::{Member, Members};
use super::message::{MemberResponse, PageResponse};
use super::tenant::{Tenant, lock};
use crate::web::{STARTS, WebReadError};
use bwdc_base::event::{Awaited, Event, Events};
use bwdc_base::http::Attempts;
use bwdc_core::text::Text;
use futures_util::StreamExt;
use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

/// A list whose next page is due.
pub(super) struct List {
    id: Text,
    /// Its first page.
    first: String,
    path: String,
    page: u32,
    /// How often it was begun.
    starts: u32,
    attempts: Attempts,
    /// Whether its page was asked for with another token already.
    renewed: bool,
}

impl List {
    pub(super) fn of_group(graph: &Graph<'_>, id: Text, text: &str) -> Self {
        Self::new(graph, id, format!("/groups/{}/members?$select=id&$top=999", segment(text)))
    }

    pub(super) fn of_unit(graph: &Graph<'_>, id: Text, text: &str) -> Self {
        let unit = segment(text);
        Self::new(graph, id, format!("/directory/administrativeUnits/{unit}/members?$select=id&$top=999"))
    }

    fn new(graph: &Graph<'_>, id: Text, path: String) -> Self {
        Self { id, first: path.clone(), path, page: 1, starts: 1, attempts: graph.attempts(), renewed: false }
    }
}

impl List {
    /// From its first page on.
    fn again(self, graph: &Graph<'_>) -> Self {
        Self { starts: self.starts + 1, ..Self::new(graph, self.id, self.first) }
    }
}

/// Reads all these lists to their end.
///
/// # Errors
/// [`WebReadError`] when a page of any list cannot be had; what was read before is of no use then.
pub(super) async fn read_lists(
    graph: &Graph<'_>,
    lists: Vec<List>,
    tenant: &Mutex<Tenant>,
    events: Events<'_>,
) -> Result<Members, WebReadError> {
    let mut members = Members::default();
    let mut due = lists;
    let mut visited: HashSet<(Text, String)> = HashSet::new();
    while !due.is_empty() {
        let mut waiting = due.into_iter();
        let mut chunks: Vec<Vec<List>> = Vec::new();
        loop {
            let chunk: Vec<List> = waiting.by_ref().take(Graph::BATCH).collect();
            if chunk.is_empty() {
                break;
            }
            chunks.push(chunk);
        }
        due = Vec::new();
        let mut pause: Option<Duration> = None;
        let mut answers = futures_util::stream::iter(chunks.into_iter().map(|chunk| async move {
            let paths: Vec<&str> = chunk.iter().map(|list| list.path.as_str()).collect();
            let answers = graph.batch(&paths).await;
            (chunk, answers)
        }))
        .buffered(graph.in_flight());
        while let Some((chunk, answers)) = answers.next().await {
            for (mut list, answer) in chunk.into_iter().zip(answers?) {
                let path = &list.path;
                if let Some(asked) = list.attempts.next(answer.again()) {
                    pause = pause.max(Some(asked));
                    due.push(list);
                    continue;
                }
                if answer.refuses_token() && !list.renewed {
                    list.renewed = true;
                    graph.session().renew_token().await;
                    due.push(list);
                    continue;
                }
                if list.page > 1 && matches!(answer.status, 400 | 410) && list.starts < STARTS {
                    // The page is not there any more.
                    members.put(list.id, Vec::new());
                    visited.retain(|(id, _)| *id != list.id);
                    due.push(list.again(graph));
                    continue;
                }
                if answer.status != 200 {
                    return Err(graph.refused(path, list.page, &answer));
                }
                let page: PageResponse<MemberResponse> = serde_json::from_value(answer.body)
                    .map_err(|error| graph.malformed(path, list.page, error.to_string()))?;
                let id = list.id;
                let mut tenant = lock(tenant);
                let read = page.value.iter().filter_map(|it| Member::of(&it.kind, &it.id, &mut tenant.texts));
                members.extend(id, read);
                drop(tenant);
                if let Some(next) = page.next {
                    let next = graph.relative(path, list.page, &next)?;
                    if !visited.insert((id, next.clone())) {
                        return Err(graph.circle(path, list.page));
                    }
                    let (page, attempts) = (list.page + 1, graph.attempts());
                    due.push(List { path: next, page, attempts, renewed: false, ..list });
                }
            }
        }
        if let Some(pause) = pause {
            let reason = Awaited::Patience { of: "Microsoft Entra ID".to_owned() };
            events(Event::Waiting { seconds: pause.as_secs(), reason });
            graph.wait(pause).await;
        }
    }
    Ok(members)
}

/// Asks for an administrative unit itself, and whether it hides its members.
pub(super) fn unit_path(unit: &str) -> String {
    format!("/directory/administrativeUnits/{}?$select=id,displayName,visibility", segment(unit))
}

/// An id of an administrator's, made safe for a path.
fn segment(id: &str) -> String {
    id.bytes()
        .map(|byte| match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
