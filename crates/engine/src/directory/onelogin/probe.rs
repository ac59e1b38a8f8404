//! Looks a OneLogin account over.

use super::OneLoginDirectory;
use crate::directory::probe::{Check, Finding};
use crate::directory::web::Route;
use crate::event::Events;
use bwdc_core::settings::OneLoginApi;

impl OneLoginDirectory {
    /// Signs in, and asks for the first person and the first role.
    pub async fn probe(&self, events: Events<'_>) -> Vec<Finding> {
        let session = self.service.probing(events);
        let mut findings = vec![session.probe_sign_in().await];
        if findings[0].is_failure() {
            return findings;
        }
        let (version, entries) = match self.settings.api {
            OneLoginApi::First => ("1", "/data"),
            OneLoginApi::Second => ("2", ""),
        };
        for (check, path) in [(Check::People, "users"), (Check::Groups, "roles")] {
            let mut url = self.address(version, &[path]);
            url.query_pairs_mut().append_pair("limit", "1");
            findings.push(session.probe_list(check, url, entries).await);
        }
        findings
    }

    /// The address of the API.
    pub fn routes(&self) -> Vec<Route> {
        vec![self.service.route_to(&self.base)]
    }
}
