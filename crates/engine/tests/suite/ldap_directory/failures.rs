//! Reads that must fail: each with an error that says what, where and what next, and never with a part.

use super::{PASSWORD, READER, SUFFIX, Setup, people};
use crate::hint::hint;
use bwdc_engine::directory::ldap::{LdapReadError, Outcome, Step};
use bwdc_harness::slapd;
use bwdc_sandbox::ldap::{Action, At, Fault, Options, PageLimit, ResultCode, Server};
use std::net::TcpListener;
use std::time::{Duration, Instant};

async fn server(options: Options) -> (Server, Setup) {
    let server = Server::start(options).await.unwrap();
    let mut setup = Setup::sandbox(&server);
    setup.time_limits.page = 1;
    setup.time_limits.bind = 1;
    setup.time_limits.connect = 1;
    (server, setup)
}

/// Eight pages of ten.
async fn paged() -> (Server, Setup) {
    let options =
        Options { page_limit: PageLimit::Shrink(10), ..Options::with_bind(people(80), READER, PASSWORD) };
    server(options).await
}

fn refused(error: &LdapReadError) -> (u32, u32, u64) {
    match error {
        LdapReadError::Refused { place, outcome, .. } => (outcome.code, place.page, place.taken),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_wrong_password_names_the_command_that_stores_another() {
    let server = slapd::Options::new(SUFFIX).ldif_text(people(1)).start().unwrap();
    let mut setup = Setup::slapd(&server);
    setup.password = "wrong and secret".to_owned();
    let error = setup.failure().await;
    assert!(matches!(&error, LdapReadError::Bind { outcome: Outcome { code: 49, .. }, .. }), "{error:?}");
    assert!(hint(&error).unwrap().contains("bwdc config set ldap.password"));
}

#[tokio::test]
async fn an_empty_password_never_reaches_the_server() {
    let (server, mut setup) = server(Options::anonymous(people(1))).await;
    setup.password = String::new();
    let error = setup.failure().await;
    assert!(matches!(error, LdapReadError::NoPassword { .. }), "{error:?}");
    assert_eq!(server.counts().connections, 0);
}

#[cfg(not(feature = "kerberos"))]
#[tokio::test]
async fn kerberos_is_said_to_be_missing() {
    let (_server, mut setup) = server(Options::anonymous(people(1))).await;
    setup.settings.bind = bwdc_core::settings::Bind::CurrentUser;
    let error = setup.failure().await;
    assert!(matches!(error, LdapReadError::KerberosMissing { .. }) && error.to_string().contains("Kerberos"));
}

#[tokio::test]
async fn a_bind_that_needs_tls_says_so() {
    let options = Options { bind_needs_encryption: true, ..Options::with_bind(people(1), READER, PASSWORD) };
    let (_server, setup) = server(options).await;
    let error = setup.failure().await;
    assert!(hint(&error).unwrap().contains("`ldap.ssl`"), "{error:?}");
}

#[tokio::test]
async fn a_filter_that_is_none_stops_before_anything_is_sent() {
    let (server, mut setup) = server(Options::with_bind(people(1), READER, PASSWORD)).await;
    setup.layout.user_filter = Some("(cn=a".to_owned());
    let error = setup.failure().await;
    assert!(error.to_string().starts_with("`sync.userFilter` is not an LDAP filter"), "{error}");
    assert_eq!(server.counts().connections, 0);
}

#[tokio::test]
async fn an_unknown_base_names_its_setting() {
    let server = slapd::Options::new(SUFFIX).ldif_text(people(1)).start().unwrap();
    let mut setup = Setup::slapd(&server);
    setup.layout.group_bases = vec![format!("ou=none,{SUFFIX}")];
    let error = setup.failure().await;
    assert_eq!(refused(&error).0, 32);
    assert!(error.to_string().contains(&format!("ou=none,{SUFFIX}")));
    assert!(hint(&error).unwrap().contains("`sync.groupPath`"));
}

#[tokio::test]
async fn openldaps_size_limit_is_an_error_with_and_without_pages() {
    for total in ["disabled", "20"] {
        let who = format!("uid=u1,{SUFFIX}");
        let server = slapd::Options::new(SUFFIX)
            .ldif_text(people(60))
            .database_line("access to * by * read")
            .database_line(format!(
                "limits dn.exact=\"{who}\" size.soft=10 size.hard=20 size.pr=10 size.prtotal={total}"
            ))
            .start()
            .unwrap();
        server
            .ldapmodify(&format!("dn: {who}\nchangetype: modify\nadd: userPassword\nuserPassword: pw-u1\n"))
            .unwrap();
        let error = Setup::new(server.port(), &who, "pw-u1").failure().await;
        let (code, _, taken) = refused(&error);
        assert!((code == 4 && taken > 0) || (code == 11 && taken == 0), "{total}: {error}");
        assert!(hint(&error).unwrap().contains(&who), "{:?}", hint(&error));
    }
}

#[tokio::test]
async fn size_limits_are_errors_and_name_what_arrived() {
    let with = |options: Options| Options { ldif: people(80), ..options };
    let bind = || Options::with_bind("", READER, PASSWORD);
    let unpaged = with(Options { size_limit: Some(30), without_paging: true, ..bind() });
    let (_server, setup) = server(unpaged).await;
    assert_eq!(refused(&setup.failure().await), (4, 1, 30));
    let paged = with(Options { paged_total_limit: Some(30), page_limit: PageLimit::Shrink(10), ..bind() });
    let (_server, setup) = server(paged).await;
    let error = setup.failure().await;
    assert_eq!((refused(&error).0, refused(&error).2), (4, 30));
    assert!(error.to_string().contains("sizeLimitExceeded (4) after 30 entries"), "{error}");
}

#[tokio::test]
async fn a_cut_in_page_seven_fails_the_read() {
    for after_entries in [0, 1, 9, 10] {
        let (server, setup) = paged().await;
        server.inject(Fault::new(At::Page(7), Action::Cut { after_entries }));
        match setup.failure().await {
            LdapReadError::Cut { step: Step::Page(place), .. } => {
                assert_eq!((place.page, place.taken), (7, 60 + after_entries as u64));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn silence_in_page_seven_fails_the_read_at_the_limit() {
    let (server, setup) = paged().await;
    server.inject(Fault::new(At::Page(7), Action::Silence));
    let started = Instant::now();
    match setup.failure().await {
        error @ LdapReadError::TimeLimit { setting: "time-limits.page", seconds: 1, .. } => {
            assert!(error.to_string().contains("page 7"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn results_in_the_middle_fail_the_read() {
    for code in
        [ResultCode::TimeLimitExceeded, ResultCode::AdminLimitExceeded, ResultCode::Busy, ResultCode::Other]
    {
        let (server, setup) = paged().await;
        let answer = Action::Answer { code, message: "not now".to_owned(), after_entries: 3 };
        server.inject(Fault::new(At::Page(7), answer));
        let error = setup.failure().await;
        assert_eq!((refused(&error).1, refused(&error).2), (7, 63), "{error}");
        assert!(error.to_string().contains("not now"));
    }
}

#[tokio::test]
async fn bytes_that_are_not_ldap_fail_the_read() {
    let (server, setup) = paged().await;
    server.inject(Fault::new(At::Page(2), Action::Garbage));
    let error = setup.failure().await;
    assert!(
        matches!(
            error,
            LdapReadError::Cut { .. } | LdapReadError::Malformed { .. } | LdapReadError::TimeLimit { .. }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_referral_is_named_and_not_followed() {
    let (server, setup) = paged().await;
    server.inject(Fault::new(At::Page(1), Action::Referral(vec!["ldap://elsewhere/dc=x".to_owned()])));
    let error = setup.failure().await;
    assert_eq!(refused(&error).0, 10);
    assert!(hint(&error).unwrap().contains("ldap://elsewhere/dc=x"));
}

#[tokio::test]
async fn openldaps_references_are_errors_that_list_them() {
    let ldif = people(2)
        + &format!(
            "dn: ou=far,{SUFFIX}\nobjectClass: referral\nobjectClass: extensibleObject\nou: far\nref: ldap://far.example.test/ou=far,{SUFFIX}\n"
        );
    let server = slapd::Options::new(SUFFIX).ldif_text(ldif).start().unwrap();
    match Setup::slapd(&server).failure().await {
        LdapReadError::References { urls, .. } => {
            assert_eq!(urls.len(), 1);
            assert!(urls[0].starts_with("ldap://far.example.test/"), "{urls:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_three_usual_references_of_a_domain_are_no_loss() {
    let usual = |name: &str| format!("ldap://{name}.example.test/{name},{SUFFIX}");
    let references = vec![
        format!("ldap://example.test/CN=Configuration,{SUFFIX}"),
        usual("DC=DomainDnsZones"),
        usual("DC=ForestDnsZones"),
    ];
    let options =
        Options { search_references: references.clone(), ..Options::with_bind(people(2), READER, PASSWORD) };
    let (_server, mut setup) = server(options).await;
    assert!(matches!(setup.failure().await, LdapReadError::References { urls, .. } if urls == references));
    setup.settings.active_directory = true;
    assert_eq!(setup.read().await.unwrap().people().len(), 2);

    let child = vec![format!("ldap://child.example.test/DC=child,{SUFFIX}")];
    let options = Options { search_references: child, ..Options::with_bind(people(2), READER, PASSWORD) };
    let (_server, mut setup) = server(options).await;
    setup.settings.active_directory = true;
    let error = setup.failure().await;
    assert!(hint(&error).unwrap().contains("3268"), "{error:?}");
}

#[tokio::test]
async fn a_silent_server_is_left_at_the_limit() {
    for (at, limit) in [
        (At::Accept, "time-limits.bind"),
        (At::Bind, "time-limits.bind"),
        (At::Search(1), "time-limits.page"),
    ] {
        let (server, setup) = server(Options::with_bind(people(1), READER, PASSWORD)).await;
        server.inject(Fault::new(at.clone(), Action::Silence));
        match setup.failure().await {
            error @ LdapReadError::TimeLimit { .. } => {
                assert!(
                    error.to_string().contains(limit) && hint(&error).unwrap().contains(limit),
                    "{at:?}: {error}"
                );
            }
            other => panic!("{at:?}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_server_that_is_silent_about_tls_is_left_at_the_limit() {
    use bwdc_core::settings::Security;
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut setup = Setup::new(listener.local_addr().unwrap().port(), READER, PASSWORD);
    setup.time_limits.connect = 1;
    for (security, step) in [(Security::Ldaps, Step::Handshake), (Security::StartTls, Step::StartTls)] {
        setup.settings.security = security;
        setup.settings.tls.allow_unauthorized = true;
        match setup.failure().await {
            LdapReadError::TimeLimit { step: at, setting: "time-limits.connect", .. } => assert_eq!(at, step),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_connection_cut_during_start_tls_is_an_error_at_once() {
    use bwdc_core::settings::Security;
    let (server, mut setup) =
        server(Options { start_tls: true, ..Options::with_bind(people(1), READER, PASSWORD) }).await;
    server.inject(Fault::new(At::StartTls, Action::Cut { after_entries: 0 }));
    setup.settings.security = Security::StartTls;
    let error = setup.failure().await;
    assert!(matches!(error, LdapReadError::Cut { step: Step::StartTls, .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_down_is_named() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = Setup::new(port, READER, PASSWORD).failure().await;
    assert!(matches!(error, LdapReadError::Connect { .. }), "{error:?}");
    assert_eq!(error.to_string(), format!("cannot connect to ldap://127.0.0.1:{port}"));
}

#[tokio::test]
async fn a_bare_ipv6_address_is_reached() {
    let Ok(listener) = TcpListener::bind(("::1", 0)) else { return };
    let mut setup = Setup::new(listener.local_addr().unwrap().port(), READER, PASSWORD);
    setup.settings.hostname = "::1".to_owned();
    setup.time_limits.bind = 1;
    let error = setup.failure().await;
    assert!(matches!(error, LdapReadError::TimeLimit { step: Step::Bind, .. }), "{error:?}");
    assert!(error.to_string().starts_with("ldap://[::1]:"), "{error}");
}
