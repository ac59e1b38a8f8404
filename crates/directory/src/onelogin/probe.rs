//! Looks a OneLogin account over.

use super::OneLoginDirectory;
use crate::probe::{Check, Finding};
use crate::web::Route;
use bwdc_base::event::Events;
use bwdc_core::settings::{OneLoginApi, OneLoginGroups};

impl OneLoginDirectory {
    /// Signs in, and asks for the first person and the first role.
    pub async fn probe(&self, events: Events<'_>) -> Vec<Finding> {
        let session = self.service.probing(events);
        let mut findings = vec![session.probe_sign_in().await];
        if findings[0].is_failure() {
            return findings;
        }
        let (groups, groups_api) = match self.settings.groups {
            OneLoginGroups::Roles => ("roles", self.settings.api),
            // Only the first version lists groups.
            OneLoginGroups::Groups => ("groups", OneLoginApi::First),
        };
        for (check, path, api) in
            [(Check::People, "users", self.settings.api), (Check::Groups, groups, groups_api)]
        {
            let entries = match api {
                OneLoginApi::First => "/data",
                OneLoginApi::Second => "",
            };
            let request = self.request(api, &[path], &[("limit", "1")]);
            findings.push(session.probe_list(check, request, entries).await);
        }
        findings
    }

    /// The address of the API.
    pub fn routes(&self) -> Vec<Route> {
        vec![self.service.route_to(&self.base)]
    }
}
