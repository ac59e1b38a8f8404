//! Looking a service over: one sign-in, then the first entry of a list, with little patience.

use super::error::shown;
use super::{WebReadError, WebRequest, WebService, WebSession};
use crate::ReadError;
use crate::probe::{Check, Concern, Finding, Grade};
use bwdc_base::event::Events;
use bwdc_base::http::RetryPolicy;
use serde_json::Value;
use std::time::{Duration, Instant};

/// A passing fault may pass once; whoever waits for an answer would rather have the error than another minute.
const ATTEMPTS: u32 = 2;
const TOTAL_LIMIT: Duration = Duration::from_secs(60);

impl WebService {
    /// Begins a look: few attempts, and a minute in all.
    pub fn probing<'a>(&'a self, events: Events<'a>) -> WebSession<'a> {
        WebSession {
            service: self,
            events,
            retry: RetryPolicy { attempts: ATTEMPTS, throttled_attempts: ATTEMPTS, ..self.options.retry },
            deadline: Instant::now() + TOTAL_LIMIT,
        }
    }
}

impl WebSession<'_> {
    /// Whether the service accepts the credentials. A fixed token is not asked for: the first list shows it.
    pub async fn probe_sign_in(&self) -> Finding {
        let service = self.service.name();
        match self.service.tokens.signature(self).await {
            Ok(_) => Finding::new(Check::SignIn, service, Grade::Good),
            Err(error) => Finding::new(Check::SignIn, service, failed(error)),
        }
    }

    /// Whether a list can be read. `entries` is the JSON pointer of the list in the answer; a list without entries is a
    /// concern.
    pub async fn probe_list(&self, check: Check, request: WebRequest, entries: &str) -> Finding {
        let subject = shown(&request.url);
        match self.json::<Value>(&request).await {
            Err(error) => Finding::new(check, subject, failed(error)),
            Ok(answer) => {
                let found = answer.value.pointer(entries).and_then(Value::as_array).map_or(0, Vec::len);
                let grade = if found == 0 { Grade::Concern(Concern::NothingFound) } else { Grade::Good };
                Finding::new(check, subject, grade)
            }
        }
    }
}

fn failed(error: WebReadError) -> Grade {
    Grade::Failed(Box::new(ReadError::from(error)))
}
