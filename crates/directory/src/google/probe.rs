//! Looks a Google Workspace account over.

use super::GoogleDirectory;
use super::SCOPES;
use super::model::{Entry, GroupResponse, MemberResponse, UserResponse};
use crate::ReadError;
use crate::probe::{Check, Concern, Finding, Grade};
use crate::web::{WebReadError, WebSession, below};
use bwdc_base::event::Events;
use serde::de::DeserializeOwned;

impl GoogleDirectory {
    /// Signs in, and asks for the first person, the first group and its first member. Where the service account is not
    /// accepted, each scope is asked for on its own, so that the missing one is named.
    pub async fn probe(&self, events: Events<'_>) -> Vec<Finding> {
        let session = self.service.probing(events);
        let mut findings = vec![session.probe_sign_in().await];
        if findings[0].is_failure() {
            for scope in SCOPES {
                if let Err(error) = self.account.token(&session, scope).await
                    && error.code() == Some("unauthorized_client")
                {
                    findings.push(Finding::new(Check::Right, scope, failed(error)));
                }
            }
            return findings;
        }
        let settings = &self.settings;
        if settings.customer.is_some() && !settings.domains.is_empty() {
            let grade = Grade::Concern(Concern::DomainBesideCustomer);
            findings.push(Finding::new(Check::SearchBase, settings.domains.join(", "), grade));
        }
        let mut first_group = None;
        for query in self.domains() {
            findings.push(self.look::<UserResponse>(&session, Check::People, &["users"], &query).await.0);
            let (finding, group) =
                self.look::<GroupResponse>(&session, Check::Groups, &["groups"], &query).await;
            findings.push(finding);
            first_group = first_group.or(group);
        }
        if let Some(group) = first_group {
            let path = ["groups", &group.id, "members"];
            let (finding, _) = self.look::<MemberResponse>(&session, Check::Right, &path, &[]).await;
            // A group may well be empty.
            if finding.is_failure() {
                findings.push(finding);
            }
        }
        let service = Finding::new(Check::Service, self.service.name(), Grade::Good);
        findings.push(service.with("incremental reads", "not offered by the service"));
        findings
    }

    async fn look<T: Entry + DeserializeOwned>(
        &self,
        session: &WebSession<'_>,
        check: Check,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> (Finding, Option<T>) {
        let url = below(&self.api, path);
        let of: Vec<&str> = query.iter().map(|(_, value)| *value).collect();
        let subject = if of.is_empty() { url.to_string() } else { format!("{url} ({})", of.join(", ")) };
        match self.first::<T>(session, path, query).await {
            Ok(Some(found)) => (Finding::new(check, subject, Grade::Good), Some(found)),
            Ok(None) => (Finding::new(check, subject, Grade::Concern(Concern::NothingFound)), None),
            Err(error) => (Finding::new(check, subject, failed(error)), None),
        }
    }
}

fn failed(error: WebReadError) -> Grade {
    Grade::Failed(Box::new(ReadError::from(error)))
}
