//! Looks an Okta organization over.

use super::OktaDirectory;
use crate::probe::{Check, Finding};
use crate::web::{Route, WebRequest, below};
use bwdc_base::event::Events;

impl OktaDirectory {
    /// Signs in, and asks for the first person and the first group.
    pub async fn probe(&self, events: Events<'_>) -> Vec<Finding> {
        let session = self.service.probing(events);
        let mut findings = vec![session.probe_sign_in().await];
        if findings[0].is_failure() {
            return findings;
        }
        for (check, path, needs) in
            [(Check::People, "users", self.needs.users), (Check::Groups, "groups", self.needs.groups)]
        {
            let mut url = below(&self.api, &[path]);
            url.query_pairs_mut().append_pair("limit", "1");
            let request = WebRequest::get(url).bucket(path).needs(needs);
            findings.push(session.probe_list(check, request, "").await);
        }
        findings
    }

    /// The address of the API.
    pub fn routes(&self) -> Vec<Route> {
        vec![self.service.route_to(&self.api)]
    }
}
