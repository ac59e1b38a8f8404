//! Looks an Okta organization over.

use super::OktaDirectory;
use crate::directory::probe::{Check, Finding};
use crate::directory::web::{Route, below};
use crate::event::Events;

impl OktaDirectory {
    /// Signs in, and asks for the first person and the first group.
    pub async fn probe(&self, events: Events<'_>) -> Vec<Finding> {
        let session = self.service.probing(events);
        let mut findings = vec![session.probe_sign_in().await];
        if findings[0].is_failure() {
            return findings;
        }
        for (check, path) in [(Check::People, "users"), (Check::Groups, "groups")] {
            let mut url = below(&self.api, &[path]);
            url.query_pairs_mut().append_pair("limit", "1");
            findings.push(session.probe_list(check, url, "").await);
        }
        findings
    }

    /// The address of the API.
    pub fn routes(&self) -> Vec<Route> {
        vec![self.service.route_to(&self.api)]
    }
}
