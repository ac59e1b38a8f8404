//! Requests to Graph: lists page by page, and batches whose items are told apart.

use super::NAME;
use super::message::{BatchItem, BatchItemResponse, BatchRequest, BatchResponse, PageResponse};
use crate::web::{Answer, Next, ServiceCause, WebBody, WebReadError, WebRequest, WebSession, below};
use bwdc_base::http::{Again, Attempts, Repeat, RetryPolicy};
use serde::de::DeserializeOwned;
use std::time::Duration;
use url::Url;

const VERSION: &str = "v1.0";

/// One read of a tenant.
pub(super) struct Graph<'a> {
    session: WebSession<'a>,
    root: Url,
    retry: RetryPolicy,
    in_flight: usize,
}

impl<'a> Graph<'a> {
    /// Requests in one batch (Graph, "Combine multiple requests in one HTTP call").
    pub(super) const BATCH: usize = 20;

    pub(super) fn new(session: WebSession<'a>, base: &Url, retry: RetryPolicy, in_flight: usize) -> Self {
        Self { session, root: below(base, &[VERSION]), retry, in_flight }
    }

    /// Reads a list to its end; `take` gets the number of each page, since a list may be begun again.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        path: &str,
        mut take: impl FnMut(u32, Vec<T>),
    ) -> Result<(), WebReadError> {
        let take = |page: Answer<PageResponse<T>>| take(page.page, page.value.value);
        self.session.each_page(self.get(path)?, next_page::<T>, take).await
    }

    /// Asks for up to [`Graph::BATCH`] paths at once; the answers come in the order of the paths, each exactly once.
    pub(super) async fn batch(&self, paths: &[&str]) -> Result<Vec<BatchItemResponse>, WebReadError> {
        let items = paths.iter().enumerate();
        let body = BatchRequest {
            requests: items
                .map(|(number, path)| BatchItem { id: number.to_string(), method: "GET", url: path })
                .collect(),
        };
        let json = serde_json::to_value(&body).expect("texts and numbers are JSON");
        let request = WebRequest::post(self.address("/$batch")?, WebBody::Json(json));
        let answer: Answer<BatchResponse> = self.session.json(&request).await?;
        let mut answers: Vec<Option<BatchItemResponse>> = paths.iter().map(|_| None).collect();
        for item in answer.value.responses {
            let place = item.id.parse::<usize>().ok().and_then(|number| answers.get_mut(number));
            match place {
                Some(place) if place.is_none() => *place = Some(item),
                _ => {
                    let reason = "an item of the batch was answered twice or never asked".to_owned();
                    return Err(self.session.malformed(&request, reason));
                }
            }
        }
        answers.into_iter().collect::<Option<Vec<_>>>().ok_or_else(|| {
            self.session.malformed(&request, "an item of the batch was not answered".to_owned())
        })
    }

    /// As [`Graph::batch`]; items that are put off are asked for again, each as often as a request of its own.
    pub(super) async fn batch_until_answered(
        &self,
        paths: &[String],
    ) -> Result<Vec<BatchItemResponse>, WebReadError> {
        let mut answers: Vec<Option<BatchItemResponse>> = paths.iter().map(|_| None).collect();
        let mut attempts: Vec<Attempts> = paths.iter().map(|_| self.attempts()).collect();
        let mut renewed = vec![false; paths.len()];
        let mut due: Vec<usize> = (0..paths.len()).collect();
        while !due.is_empty() {
            let asked: Vec<&str> = due.iter().map(|&place| paths[place].as_str()).collect();
            let mut pause = Duration::ZERO;
            let mut again = Vec::new();
            for (place, answer) in due.into_iter().zip(self.batch(&asked).await?) {
                if let Some(asked) = attempts[place].next(answer.again()) {
                    pause = pause.max(asked);
                    again.push(place);
                } else if answer.refuses_token() && !renewed[place] {
                    renewed[place] = true;
                    self.session.renew_token().await;
                    again.push(place);
                }
                answers[place] = Some(answer);
            }
            if !again.is_empty() {
                self.wait(pause).await;
            }
            due = again;
        }
        Ok(answers.into_iter().flatten().collect())
    }

    pub(super) fn session(&self) -> &WebSession<'a> {
        &self.session
    }

    /// The address of Graph with its version.
    pub(super) fn root(&self) -> &Url {
        &self.root
    }

    /// Batches under way at one time.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// The attempts of one item of a batch.
    pub(super) fn attempts(&self) -> Attempts {
        Attempts::new(self.retry)
    }

    /// Waits before items are asked for again.
    pub(super) async fn wait(&self, pause: Duration) {
        tokio::time::sleep(self.retry.real(pause)).await;
    }

    /// The path below the version of a next page, which has to be on the same server.
    pub(super) fn relative(&self, path: &str, page: u32, next: &str) -> Result<String, WebReadError> {
        let url = Url::parse(next)
            .map_err(|_| self.malformed(path, page, "the next page is no address".to_owned()))?;
        let below = url.path().strip_prefix(self.root.path()).filter(|rest| rest.starts_with('/'));
        match below {
            Some(rest) if url.origin() == self.root.origin() => {
                Ok(url.query().map_or_else(|| rest.to_owned(), |query| format!("{rest}?{query}")))
            }
            _ => Err(WebReadError::Strayed {
                service: NAME,
                url: self.shown(path),
                page,
                elsewhere: url.origin().ascii_serialization(),
            }),
        }
    }

    pub(super) fn refused(&self, path: &str, page: u32, answer: &BatchItemResponse) -> WebReadError {
        let text = |name| answer.body["error"][name].as_str().unwrap_or_default().to_owned();
        WebReadError::Refused {
            service: NAME,
            url: self.shown(path),
            page,
            status: answer.status,
            code: text("code"),
            message: text("message"),
            needs: permission(path),
            cause: ServiceCause::Unknown,
        }
    }

    pub(super) fn malformed(&self, path: &str, page: u32, reason: String) -> WebReadError {
        WebReadError::Malformed { service: NAME, url: self.shown(path), page, reason }
    }

    pub(super) fn circle(&self, path: &str, page: u32) -> WebReadError {
        WebReadError::Circle { service: NAME, url: self.shown(path), page }
    }

    fn shown(&self, path: &str) -> String {
        format!("{}{}", self.root, path.split('?').next().unwrap_or_default())
    }

    /// A request for a path below the version, which names the permission that it needs.
    pub(super) fn get(&self, path: &str) -> Result<WebRequest, WebReadError> {
        Ok(WebRequest::get(self.address(path)?).needs(permission(path)))
    }

    pub(super) fn address(&self, path: &str) -> Result<Url, WebReadError> {
        Url::parse(&format!("{}{path}", self.root))
            .map_err(|_| WebReadError::Address { service: NAME, url: self.root.to_string() })
    }
}

/// The application permission that a path below the version needs (Microsoft Graph, "Permissions reference").
pub(super) fn permission(path: &str) -> &'static str {
    const BY_PATH: [(&str, &str); 4] = [
        ("/users", "the application permission `User.Read.All`, with admin consent"),
        ("/directory/deletedItems", "the application permission `User.Read.All`, with admin consent"),
        ("/groups", "the application permission `GroupMember.Read.All`, with admin consent"),
        (
            "/directory/administrativeUnits",
            "the application permission `AdministrativeUnit.Read.All`, with admin consent",
        ),
    ];
    BY_PATH.iter().find(|(prefix, _)| path.starts_with(prefix)).map_or("", |(_, permission)| permission)
}

fn next_page<T>(answer: &Answer<PageResponse<T>>) -> Result<Next, String> {
    match &answer.value.next {
        None => Ok(Next::Last),
        Some(next) => Url::parse(next).map(Next::Page).map_err(|_| "the next page is no address".to_owned()),
    }
}

impl BatchItemResponse {
    /// Whether asking again can help.
    pub(super) fn again(&self) -> Again {
        Again::after_status(Repeat::Read, self.status, self.retry_after())
    }

    /// Whether the token was refused: another one may be taken, as where a request of its own is refused.
    pub(super) fn refuses_token(&self) -> bool {
        self.status == 401
    }

    fn retry_after(&self) -> Option<Duration> {
        let asked = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))?.1;
        asked.trim().parse().ok().map(Duration::from_secs)
    }
}
