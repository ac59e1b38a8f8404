//! What is asked of a service, and what it answers.

use super::signature::Proof;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;

/// What is asked for.
#[derive(Clone)]
pub struct WebRequest {
    /// Where.
    pub url: Url,
    /// What is sent along; what is asked of a directory changes nothing, so that each request may be sent again.
    pub body: WebBody,
    /// Further headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The number of the page, from 1; 0 for what has no pages.
    pub page: u32,
    /// The part of the service whose limit counts.
    pub bucket: &'static str,
    /// Whether the service's token goes along.
    pub with_token: bool,
    /// What makes the proof of possession that goes along without a token.
    pub proof: Option<Proof>,
    /// The permission without which the service says no, in its own words; empty where none has a name.
    pub needs: &'static str,
}

/// What a request carries.
#[derive(Clone)]
pub enum WebBody {
    /// Nothing: a GET.
    None,
    /// JSON: a POST.
    Json(Value),
    /// A form: a POST.
    Form(Vec<(&'static str, String)>),
}

impl std::fmt::Debug for WebBody {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::None => "None",
            Self::Json(_) => "Json(..)",
            Self::Form(_) => "Form(..)",
        })
    }
}

impl WebRequest {
    /// A GET without pages.
    pub fn get(url: Url) -> Self {
        Self {
            url,
            body: WebBody::None,
            headers: Vec::new(),
            page: 0,
            bucket: "",
            with_token: true,
            proof: None,
            needs: "",
        }
    }

    /// A POST; it must be one that changes nothing.
    pub fn post(url: Url, body: WebBody) -> Self {
        Self { body, ..Self::get(url) }
    }

    /// Counts against this bucket's limit.
    #[must_use]
    pub fn bucket(mut self, bucket: &'static str) -> Self {
        self.bucket = bucket;
        self
    }

    /// Needs this permission, which an error names.
    #[must_use]
    pub fn needs(mut self, permission: &'static str) -> Self {
        self.needs = permission;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Carries a proof of possession, made anew for every attempt.
    #[must_use]
    pub fn proof(mut self, proof: Proof) -> Self {
        self.proof = Some(proof);
        self
    }

    /// Goes without the service's token: the request by which a token is got.
    #[must_use]
    pub fn without_token(mut self) -> Self {
        self.with_token = false;
        self
    }
}

/// A complete, successful answer.
#[derive(Debug)]
pub struct Answer<T> {
    /// The body.
    pub value: T,
    /// Its headers.
    pub headers: HeaderMap,
    /// What was asked for.
    pub url: Url,
    /// The number of the page, from 1; 0 for what has no pages.
    pub page: u32,
}
