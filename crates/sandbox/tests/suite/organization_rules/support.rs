//! A started server, a client with a token, and short ways to write an import.

use std::sync::Once;

use bwdc_sandbox::organization::{Official, Options, Server, Vaultwarden};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

pub(crate) struct Organization {
    pub(crate) server: Server,
    pub(crate) http: reqwest::Client,
    pub(crate) token: String,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }

    /// The message of an error; nothing where there is no body.
    pub(crate) fn message_or_nothing(&self) -> String {
        if self.text.is_empty() { String::new() } else { self.message() }
    }

    #[track_caller]
    pub(crate) fn expect(&self, status: u16, message: &str) {
        assert_eq!((self.status, self.message().as_str()), (status, message), "{}", self.text);
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Reply {
        assert_eq!(self.status, 200, "{}", self.text);
        self
    }
}

pub(crate) fn http() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub(crate) async fn official(official: Official) -> Organization {
    Organization::start(Options::with_official(official)).await
}

pub(crate) async fn self_hosted() -> Organization {
    official(Official::default()).await
}

pub(crate) async fn vaultwarden() -> Organization {
    Organization::start(Options::vaultwarden()).await
}

pub(crate) async fn vaultwarden_with(vaultwarden: Vaultwarden) -> Organization {
    let mut options = Options::vaultwarden();
    options.flavor = bwdc_sandbox::organization::Flavor::Vaultwarden(vaultwarden);
    Organization::start(options).await
}

impl Organization {
    pub(crate) async fn start(options: Options) -> Organization {
        let server = Server::start(options).await.unwrap();
        let token = server.issue_token("api.organization", std::time::Duration::from_secs(3600));
        Organization { server, http: http(), token }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.http
            .request(method, format!("{}{path}", self.server.url()))
            .header("accept", "application/json")
            .header("authorization", format!("Bearer {}", self.token))
    }

    pub(crate) async fn import(&self, body: Value) -> Reply {
        self.import_text(&body.to_string()).await
    }

    pub(crate) async fn import_text(&self, body: &str) -> Reply {
        let request = self.request("POST", "/api/public/organization/import");
        send(request.header("content-type", "application/json").body(body.to_owned())).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        send(self.request("GET", &format!("/api/public{path}"))).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Reply {
        send(self.request(method, &format!("/api/public{path}")).json(&body)).await
    }

    pub(crate) async fn ask_token(&self, fields: &[(&str, &str)]) -> Reply {
        send(self.http.post(format!("{}/connect/token", self.server.identity_url())).form(fields)).await
    }

    /// The members but the owner that the server begins with, as (email, external id).
    pub(crate) fn people(&self) -> Vec<(String, String)> {
        let mut people: Vec<(String, String)> = self
            .server
            .members()
            .into_iter()
            .filter(|member| member.email != "owner@sandbox.example")
            .map(|member| (member.email, member.external_id.unwrap_or_default()))
            .collect();
        people.sort();
        people
    }

    pub(crate) fn groups(&self) -> Vec<(String, String)> {
        let groups = self.server.groups().into_iter();
        groups.map(|group| (group.name, group.external_id.unwrap_or_default())).collect()
    }

    pub(crate) fn in_group(&self, external_id: &str) -> Vec<String> {
        self.server.membership_by_external_ids()[external_id].iter().cloned().collect()
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    Reply {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}

pub(crate) fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(one, two)| ((*one).to_owned(), (*two).to_owned())).collect()
}

/// An import of live members, as (email, external id), without groups.
pub(crate) fn members(live: &[(&str, &str)]) -> Value {
    let members: Vec<Value> = live
        .iter()
        .map(|(email, id)| json!({ "email": email, "externalId": id, "deleted": false }))
        .collect();
    json!({ "overwriteExisting": false, "largeImport": false, "groups": [], "members": members })
}

pub(crate) trait ImportExt {
    fn group(self, name: &str, external_id: &str, members: &[&str]) -> Value;
    fn deleted(self, email: Option<&str>, external_id: &str) -> Value;
    fn set(self, key: &str, value: impl Into<Value>) -> Value;
    fn overwrite(self) -> Value;
}

impl ImportExt for Value {
    fn group(mut self, name: &str, external_id: &str, members: &[&str]) -> Value {
        let group = json!({ "name": name, "externalId": external_id, "memberExternalIds": members });
        self["groups"].as_array_mut().unwrap().push(group);
        self
    }

    fn deleted(mut self, email: Option<&str>, external_id: &str) -> Value {
        let member = json!({ "email": email, "externalId": external_id, "deleted": true });
        self["members"].as_array_mut().unwrap().push(member);
        self
    }

    fn set(mut self, key: &str, value: impl Into<Value>) -> Value {
        self[key] = value.into();
        self
    }

    fn overwrite(self) -> Value {
        self.set("overwriteExisting", true)
    }
}
