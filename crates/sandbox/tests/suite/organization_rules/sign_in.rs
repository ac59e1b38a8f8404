//! Signing in as a person, on both servers.

use bwdc_sandbox::organization::{Account, KeyDerivation, NewMember, Options, Role, TwoStep};
use serde_json::{Value, json};

use super::support::{Organization, Reply, send};

const HASH: &str = "the-hash";
const WHO: &str = "anna@x.example";
const DERIVATION: KeyDerivation = KeyDerivation::Argon2id { iterations: 3, memory: 64, parallelism: 4 };

fn account() -> Account {
    Account::new(WHO, HASH, DERIVATION)
}

async fn with(options: Options, account: Account) -> Organization {
    let organization = Organization::start(options).await;
    organization.server.add_member(NewMember::confirmed(WHO).role(Role::Owner));
    organization.server.sign_up(account);
    organization
}

async fn sign_in(organization: &Organization, password: &str, more: &[(&str, &str)]) -> Reply {
    let mut fields = vec![
        ("grant_type", "password"),
        ("client_id", "connector"),
        ("scope", "api offline_access"),
        ("username", WHO),
        ("password", password),
        ("deviceIdentifier", "device"),
        ("deviceName", "sandbox"),
        ("deviceType", "8"),
    ];
    fields.extend(more);
    organization.ask_token(&fields).await
}

async fn token(organization: &Organization) -> String {
    let answer = sign_in(organization, HASH, &[]).await.ok().json();
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn ask(organization: &Organization, token: &str, method: &str, path: &str, body: Value) -> Reply {
    let url = format!("{}{path}", organization.server.api_url());
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let request = organization.http.request(method, url).header("accept", "application/json");
    send(request.bearer_auth(token).json(&body)).await
}

#[tokio::test]
async fn prelogin_tells_how_a_key_is_derived_and_invents_it_for_the_unknown() {
    for (options, salt) in [(Options::official(), json!(WHO)), (Options::vaultwarden(), Value::Null)] {
        let organization = with(options, account()).await;
        let prelogin = async |base: &str, email: &str| {
            let request = organization.http.post(format!("{}{base}", organization.server.url()));
            send(request.json(&json!({ "email": email }))).await.ok().json()
        };
        for path in
            ["/identity/accounts/prelogin", "/identity/accounts/prelogin/password", "/api/accounts/prelogin"]
        {
            let told = prelogin(path, WHO).await;
            assert_eq!(told["salt"], salt, "{path}");
            let settings = &told["kdfSettings"];
            for (name, inner, value) in [
                ("kdf", "kdfType", 1),
                ("kdfIterations", "iterations", 3),
                ("kdfMemory", "memory", 64),
                ("kdfParallelism", "parallelism", 4),
            ] {
                assert_eq!((&told[name], &settings[inner]), (&json!(value), &json!(value)), "{path} {name}");
            }
            let invented = prelogin(path, "nobody@x.example").await;
            assert!(invented["kdfIterations"].is_u64(), "{invented}");
            assert_eq!(prelogin(path, "nobody@x.example").await, invented);
        }
    }
}

#[tokio::test]
async fn wrong_password_and_scope_are_told() {
    let organization = with(Options::official(), account()).await;
    let answer = sign_in(&organization, "wrong", &[]).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_grant")));
    let told = "Username or password is incorrect. Try again.";
    assert_eq!(answer.json()["ErrorModel"]["Message"], told);
    assert!(sign_in(&organization, HASH, &[]).await.ok().json()["refresh_token"].is_string());

    let organization = with(Options::vaultwarden(), account()).await;
    assert_eq!(sign_in(&organization, "wrong", &[]).await.json()["error"], "");
    assert_eq!(sign_in(&organization, HASH, &[("scope", "api")]).await.status, 400);
    sign_in(&organization, HASH, &[]).await.ok();
}

#[tokio::test]
async fn sign_in_is_renewed_with_a_refresh_token_and_a_bad_one_is_no_grant() {
    for options in [Options::official(), Options::vaultwarden()] {
        let organization = with(options, account()).await;
        let refresh = async |token: &str| {
            let fields =
                [("grant_type", "refresh_token"), ("client_id", "connector"), ("refresh_token", token)];
            organization.ask_token(&fields).await
        };
        let first = sign_in(&organization, HASH, &[]).await.ok().json();
        let again = refresh(first["refresh_token"].as_str().unwrap()).await.ok().json();
        assert!(again["access_token"].is_string() && again["access_token"] != first["access_token"]);
        for bad in ["bad", ""] {
            let refused = refresh(bad).await;
            assert_eq!((refused.status, refused.json()), (400, json!({ "error": "invalid_grant" })));
        }
    }
}

fn second(provider: &'static str, token: &str, remember: &'static str) -> [(&'static str, String); 3] {
    [
        ("TwoFactorProvider", provider.to_owned()),
        ("TwoFactorToken", token.to_owned()),
        ("TwoFactorRemember", remember.to_owned()),
    ]
}

async fn sign_in_with(organization: &Organization, step: [(&'static str, String); 3]) -> Reply {
    let fields: Vec<(&str, &str)> = step.iter().map(|(name, value)| (*name, value.as_str())).collect();
    sign_in(organization, HASH, &fields).await
}

#[tokio::test]
async fn second_step_is_asked_for_and_may_be_remembered() {
    let wrong = [
        (Options::official(), "Two-step token is invalid. Try again."),
        (Options::vaultwarden(), "Invalid TOTP code! Server time: "),
    ];
    for (options, told) in wrong {
        let account = account().two_step(TwoStep::Authenticator("123456".to_owned()));
        let organization = with(options, account).await;
        let required = sign_in(&organization, HASH, &[]).await;
        let answer = json!({
            "error": "invalid_grant",
            "error_description": "Two factor required.",
            "TwoFactorProviders": ["0"],
            "TwoFactorProviders2": { "0": null },
            "MasterPasswordPolicy": { "Object": "masterPasswordPolicy" },
        });
        assert_eq!((required.status, required.json()), (400, answer.clone()));
        let refused = sign_in_with(&organization, second("0", "000000", "0")).await;
        assert!(refused.status == 400 && refused.text.contains(told), "{}", refused.text);
        let right = sign_in_with(&organization, second("0", "123456", "1")).await.ok().json();
        let remembered = right["TwoFactorToken"].as_str().unwrap();
        let again = sign_in_with(&organization, second("0", "123456", "0")).await;
        assert!(again.status == 400 && again.text.contains(told), "a used code: {}", again.text);
        sign_in_with(&organization, second("5", remembered, "0")).await.ok();
        for (provider, token) in [("5", "no-such-token"), ("3", "not set up")] {
            assert_eq!(sign_in_with(&organization, second(provider, token, "0")).await.json(), answer);
        }
    }
}

#[tokio::test]
async fn mailed_code_and_new_device_of_the_official_server() {
    let organization = with(Options::official(), account().two_step(TwoStep::Email)).await;
    let required = sign_in(&organization, HASH, &[]).await.json();
    assert_eq!((&required["Email"], &required["TwoFactorProviders"]), (&json!(WHO), &json!(["1"])));
    assert!(required["SsoEmail2faSessionToken"].is_string());
    let code = organization.server.mailed_codes().remove(0);
    sign_in_with(&organization, second("1", &code, "0")).await.ok();

    let organization = with(Options::official(), account().verify_devices()).await;
    let required = sign_in(&organization, HASH, &[]).await;
    assert_eq!((required.status, &required.json()["error"]), (400, &json!("device_error")));
    assert_eq!(required.json()["error_description"], "New device verification required");
    let code = organization.server.mailed_codes().remove(0);
    assert_eq!(sign_in(&organization, HASH, &[("NewDeviceOtp", "wrong")]).await.status, 400);
    sign_in(&organization, HASH, &[("NewDeviceOtp", &code)]).await.ok();
    sign_in(&organization, HASH, &[]).await.ok();
}

#[tokio::test]
async fn owner_reads_the_key_with_the_password_and_nobody_else_does() {
    for (options, wrong, stranger, admin) in [
        (Options::official(), "Invalid password.", 404, 404),
        (Options::vaultwarden(), "Invalid password", 401, 200),
    ] {
        let organization = with(options, account()).await;
        let server = &organization.server;
        let path = format!("/organizations/{}/api-key", server.organization_id());
        let token = token(&organization).await;
        let body = json!({ "masterPasswordHash": HASH });
        let answer = ask(&organization, &token, "POST", &path, body.clone()).await.ok().json();
        assert_eq!(
            (&answer["apiKey"], &answer["object"]),
            (&json!(server.client_secret()), &json!("apiKey"))
        );
        let bad = json!({ "masterPasswordHash": "bad" });
        ask(&organization, &token, "POST", &path, bad).await.expect(400, wrong);
        for (role, status) in [(Role::Admin, admin), (Role::User, stranger)] {
            server.set_role(WHO, role);
            let reply = ask(&organization, &token, "POST", &path, body.clone()).await;
            assert_eq!(reply.status, status, "{role:?}: {}", reply.text);
        }
    }
}

#[tokio::test]
async fn key_is_rotated_by_whom_it_is_told_to() {
    for (options, nothing, stranger) in [
        (Options::official(), "Invalid password.", 404),
        (Options::vaultwarden(), "No validation provided", 401),
    ] {
        let organization = with(options, account()).await;
        let server = &organization.server;
        let path = format!("/organizations/{}/rotate-api-key", server.organization_id());
        let token = token(&organization).await;
        let old = server.client_secret();
        ask(&organization, &token, "POST", &path, json!({})).await.expect(400, nothing);
        let bad = ask(&organization, &token, "POST", &path, json!({ "masterPasswordHash": "bad" })).await;
        assert_eq!((bad.status, server.client_secret()), (400, old.clone()));
        let body = json!({ "masterPasswordHash": HASH });
        let answer = ask(&organization, &token, "POST", &path, body.clone()).await.ok().json();
        assert_ne!(answer["apiKey"], old);
        assert_eq!(answer["apiKey"], server.client_secret());
        server.set_role(WHO, Role::User);
        assert_eq!(ask(&organization, &token, "POST", &path, body).await.status, stranger);
    }
}

#[tokio::test]
async fn somebody_is_signed_in_for_a_day_on_the_official_server() {
    for (options, seconds) in [(Options::official(), 86_400), (Options::vaultwarden(), 3600)] {
        let organization = with(options, account()).await;
        let first = sign_in(&organization, HASH, &[]).await.ok().json();
        assert_eq!(first["expires_in"], seconds);
        let refresh_token = first["refresh_token"].as_str().unwrap();
        let fields =
            [("grant_type", "refresh_token"), ("client_id", "connector"), ("refresh_token", refresh_token)];
        assert_eq!(organization.ask_token(&fields).await.ok().json()["expires_in"], seconds);
    }
}

#[tokio::test]
async fn administrators_of_vaultwarden_revoke_restore_and_delete_members() {
    let organization = with(Options::vaultwarden(), account()).await;
    let server = &organization.server;
    let member = server.add_member(NewMember::confirmed("b@x.example").external_id("1"));
    let group = server.add_group("G", Some("g"), &[&member]);
    let users = format!("/organizations/{}/users", server.organization_id());
    let path = format!("{users}/{member}");
    let token = token(&organization).await;
    let act = async |method: &str, path: &str| ask(&organization, &token, method, path, Value::Null).await;
    act("PUT", &format!("{path}/restore")).await.expect(400, "User is already active");
    act("PUT", &format!("{path}/revoke")).await.ok();
    assert_eq!(server.member("b@x.example").unwrap().status_number, -126);
    act("PUT", &format!("{path}/revoke")).await.expect(400, "User is already revoked");
    let shown = act("GET", &format!("{users}?includeGroups=true")).await.ok().json();
    let shown = shown["data"].as_array().unwrap().iter().find(|it| it["id"] == member).unwrap().clone();
    assert_eq!((&shown["status"], &shown["groups"]), (&json!(-1), &json!([group])));
    act("PUT", &format!("{path}/restore")).await.ok();
    assert_eq!(server.member("b@x.example").unwrap().status_number, 2);
    let groups = act("GET", &format!("/organizations/{}/groups", server.organization_id())).await.ok().json();
    assert_eq!((&groups["data"][0]["id"], &groups["data"][0]["externalId"]), (&json!(group), &json!("g")));
    act("DELETE", &path).await.ok();
    assert!(server.member("b@x.example").is_none());
    act("DELETE", &path).await.expect(400, "User not found in organization");

    server.set_role(WHO, Role::User);
    assert_eq!(act("DELETE", &path).await.status, 401);
    server.set_role(WHO, Role::Admin);
    let owner = server.member("owner@sandbox.example").unwrap().id;
    act("PUT", &format!("{users}/{owner}/revoke"))
        .await
        .expect(400, "Organization must have at least one confirmed owner");
    act("DELETE", &format!("{users}/{owner}")).await.expect(400, "Can't delete the last owner");
}

#[tokio::test]
async fn own_key_gives_a_token_with_which_vaultwarden_shows_its_members() {
    for (options, shown) in [(Options::official(), 404), (Options::vaultwarden(), 200)] {
        let organization = with(options, account()).await;
        let (id, secret) = organization.server.personal_key(WHO).unwrap();
        let fields = [
            ("grant_type", "client_credentials"),
            ("scope", "api"),
            ("client_id", id.as_str()),
            ("client_secret", secret.as_str()),
            ("device_identifier", "device"),
            ("device_name", "sandbox"),
            ("device_type", "8"),
        ];
        let answer = organization.ask_token(&fields).await.ok().json();
        assert_eq!((&answer["scope"], &answer["expires_in"]), (&json!("api"), &json!(3600)));
        let token = answer["access_token"].as_str().unwrap();
        let path =
            format!("/organizations/{}/users?includeGroups=true", organization.server.organization_id());
        let reply = ask(&organization, token, "GET", &path, Value::Null).await;
        assert_eq!(reply.status, shown, "{}", reply.text);
        if shown == 200 {
            assert!(reply.json()["data"].as_array().unwrap().iter().any(|it| it["email"] == WHO));
        }
    }
}
