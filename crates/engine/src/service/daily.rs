//! What a service does once a day, after a run that a schedule made due: a digest for whoever wants one, and a look at certificates
//! that expire soon.

use super::Host;
use super::postman::Postman;
use crate::clock::Clock;
use crate::digest::{self, Daily};
use crate::directory::probe;
use crate::doctor::{self, Concern, Finding, Outcome};
use crate::event::Cancel;
use crate::notify::{self, Occasion};
use crate::paths::{ProcessEnvironment, Profile, ProfileName};
use bwdc_core::names::Timestamp;
use bwdc_core::settings::NotifySettings;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Told once when so many days are left or fewer.
const STEPS: [i64; 3] = [30, 7, 1];

/// Certificates that were found to expire, with the days that were left when they were last looked at.
#[derive(Default)]
pub(super) struct Expiring(RefCell<BTreeMap<String, i64>>);

/// What is needed for it.
pub(super) struct Day<'d> {
    pub(super) name: &'d ProfileName,
    pub(super) profile: &'d Profile,
    pub(super) environment: &'d ProcessEnvironment,
    pub(super) clock: Clock,
    pub(super) stop: &'d Cancel,
    pub(super) host: &'d dyn Host,
    pub(super) postman: &'d Postman,
    pub(super) expiring: &'d Expiring,
}

impl Day<'_> {
    /// Does what is due. What cannot be done now is tried after the next run.
    pub(super) async fn end(&self, settings: &NotifySettings) {
        if notify::channels(settings, self.environment).is_empty() {
            return;
        }
        if settings.digest
            && let Some(since) = self.due_since(Daily::Digest)
        {
            match digest::digest(self.profile, since, self.clock.now()) {
                Ok(digest) => self.inform(&Occasion::Digest { profile: self.name, digest: &digest }),
                Err(error) => tracing::warn!(%error, "there is no digest"),
            }
        }
        if self.due_since(Daily::Expiry).is_some() {
            self.look_at_certificates().await;
        }
    }

    fn due_since(&self, what: Daily) -> Option<Timestamp> {
        digest::due_daily(self.profile, self.clock, what).ok().flatten()
    }

    fn inform(&self, occasion: &Occasion<'_>) {
        self.postman.send(self.host.message(occasion));
    }

    async fn look_at_certificates(&self) {
        let mut found = Vec::new();
        let findings = &mut |finding: Finding| found.extend(expiring(&finding));
        // What the check finds out besides is a matter of runs.
        let looked = doctor::examine(self.environment, self.clock, &|_| (), findings);
        if self.stop.unless_cancelled(looked).await.is_none() {
            return;
        }
        let mut known = self.expiring.0.borrow_mut();
        for (subject, days) in found {
            if is_news(known.get(&subject).copied(), days) {
                self.inform(&Occasion::Expires { profile: self.name, subject: &subject, days });
            }
            known.insert(subject, days);
        }
    }
}

/// The subject of a certificate that expires soon, and in how many days.
fn expiring(finding: &Finding) -> Option<(String, i64)> {
    let days = match &finding.outcome {
        Outcome::Concern(Concern::EndsSoon { days }) => *days,
        Outcome::Concern(Concern::Directory(probe::Concern::CertificateEndsSoon { days })) => *days,
        _ => return None,
    };
    Some((finding.subject.clone(), days))
}

/// Whether another step was passed since it was last told.
fn is_news(before: Option<i64>, days: i64) -> bool {
    let passed = |days: i64| STEPS.iter().filter(|step| days <= **step).count();
    passed(days) > before.map_or(0, passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_at_each_step_once() {
        let mut before = None;
        let mut told = Vec::new();
        for days in (-1..40).rev() {
            if is_news(before, days) {
                told.push(days);
            }
            before = Some(days);
        }
        assert_eq!(told, [30, 7, 1]);
        assert!(is_news(None, 3), "a service that starts late tells it at once");
        assert!(!is_news(Some(3), 360) && is_news(Some(360), 29), "renewed, and due again");
    }
}
