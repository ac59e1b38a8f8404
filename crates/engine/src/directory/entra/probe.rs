//! Looks a tenant over.

use super::EntraDirectory;
use crate::directory::probe::{Check, Finding};
use crate::directory::web::{Route, WebRequest, below};
use crate::event::Events;

impl EntraDirectory {
    /// Signs in, and asks for the first person and the first group.
    pub async fn probe(&self, events: Events<'_>) -> Vec<Finding> {
        let session = self.service.probing(events);
        let mut findings = vec![session.probe_sign_in().await];
        if findings[0].is_failure() {
            return findings;
        }
        for (check, path) in [(Check::People, "users"), (Check::Groups, "groups")] {
            let mut url = below(&self.graph, &["v1.0", path]);
            url.query_pairs_mut().append_pair("$top", "1").append_pair("$select", "id");
            findings.push(session.probe_list(check, WebRequest::get(url), "/value").await);
        }
        findings
    }

    /// The addresses of the sign-in and of Graph.
    pub fn routes(&self) -> Vec<Route> {
        [&self.authority, &self.graph].map(|url| self.service.route_to(url)).into()
    }
}
