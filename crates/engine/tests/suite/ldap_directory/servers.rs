//! Which server is asked, and as whom.

use super::{PASSWORD, READER, SCOPE, SUFFIX, Setup, people};
use crate::hint::hint;
use bwdc_core::names::ExternalId;
use bwdc_core::observed::{LookupRequest, Presence};
use bwdc_core::settings::{Bind, Security, Server as Address};
use bwdc_engine::directory::ldap::LdapReadError;
use bwdc_harness::slapd::Options;
use bwdc_sandbox::ldap::{Action, At, Fault, ResultCode, Server};

async fn sandbox(count: usize) -> Server {
    Server::start(bwdc_sandbox::ldap::Options::with_bind(people(count), READER, PASSWORD)).await.unwrap()
}

fn address(server: &Server) -> Address {
    Address { hostname: "127.0.0.1".to_owned(), port: server.port() }
}

/// A port on which nobody answers, and which no server of another test is given.
pub(crate) const NOBODY: u16 = 1;

#[tokio::test]
async fn the_next_server_is_asked_when_the_first_is_not_there() {
    let (second, third) = (sandbox(3).await, sandbox(5).await);
    let mut setup = Setup::new(NOBODY, READER, PASSWORD);
    let error = setup.failure().await;
    assert!(matches!(error, LdapReadError::Connect { .. }), "{error:?}");
    setup.settings.further_servers = vec![address(&second), address(&third)];
    assert_eq!(setup.read().await.unwrap().people().len(), 3);
    second.inject(Fault::new(At::Bind, Action::answer(ResultCode::Busy)));
    assert_eq!(setup.read().await.unwrap().people().len(), 5);
    third.inject(Fault::new(At::Accept, Action::Cut { after_entries: 0 }));
    let error = setup.failure().await;
    assert!(matches!(error, LdapReadError::Connect { .. }), "the first server's fault is told: {error:?}");
}

#[tokio::test]
async fn a_refused_password_is_not_tried_elsewhere() {
    let (first, second) = (sandbox(3).await, sandbox(3).await);
    let mut setup = Setup::new(first.port(), READER, "not-the-one");
    setup.settings.further_servers = vec![address(&second)];
    let error = setup.failure().await;
    assert!(matches!(error, LdapReadError::Bind { .. }), "{error:?}");
    assert_eq!(second.counts().connections, 0);
}

#[tokio::test]
async fn a_read_that_breaks_off_is_not_continued_elsewhere() {
    let (first, second) = (sandbox(3).await, sandbox(3).await);
    first.inject(Fault::new(At::Search(1), Action::Cut { after_entries: 0 }));
    let mut setup = Setup::new(first.port(), READER, PASSWORD);
    setup.settings.further_servers = vec![address(&second)];
    let error = setup.failure().await;
    assert!(matches!(error, LdapReadError::Cut { .. }), "{error:?}");
    assert_eq!(second.counts().connections, 0);
}

#[tokio::test]
async fn a_run_stays_with_the_server_that_it_read() {
    let (first, second) = (sandbox(1).await, sandbox(2).await);
    first.inject(Fault::new(At::Bind, Action::answer(ResultCode::Unavailable)).once());
    let mut setup = Setup::new(first.port(), READER, PASSWORD);
    setup.settings.further_servers = vec![address(&second)];
    let directory = setup.directory();
    assert_eq!(directory.read(SCOPE, &|_| ()).await.unwrap().people().len(), 2);
    let lookups = LookupRequest {
        external_id: ExternalId::new(format!("uid=u1,{SUFFIX}")),
        stable_id: None,
        reference: None,
    };
    let presences = directory.look_up(std::slice::from_ref(&lookups)).await.unwrap();
    assert_eq!(
        presences[&lookups.external_id],
        Presence::Found { at: Some(format!("uid=u1,{SUFFIX}")) },
        "the first server does not know the second person"
    );
}

#[tokio::test]
async fn a_client_certificate_signs_in() {
    let server = Options::new(SUFFIX)
        .ldif_text(people(3))
        .demand_client_certificate()
        .database_line("access to * by dn.exact=\"cn=connector\" read by * none")
        .start()
        .unwrap();
    let certificates = server.certificates().unwrap();
    for security in [Security::Ldaps, Security::StartTls] {
        let mut setup = Setup::slapd(&server);
        setup.settings.security = security;
        if security == Security::Ldaps {
            setup.settings.port = server.ldaps_port();
        }
        setup.settings.tls.ca_path = Some(certificates.ca.display().to_string());
        setup.settings.tls.certificate_path = Some(certificates.client_certificate.display().to_string());
        setup.settings.tls.key_path = Some(certificates.client_key.display().to_string());
        setup.settings.bind = Bind::External;
        assert_eq!(setup.read().await.unwrap().people().len(), 3, "{security:?}");
        setup.settings.bind = Bind::Anonymous;
        setup.password = String::new();
        let error = setup.failure().await;
        assert!(
            matches!(error, LdapReadError::Refused { .. }),
            "the certificate alone is no sign-in: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_server_that_knows_nobody_by_a_certificate_says_so() {
    let server = Options::new(SUFFIX).ldif_text(people(1)).tls().start().unwrap();
    let mut setup = Setup::slapd(&server);
    setup.settings.bind = Bind::External;
    let error = setup.failure().await;
    assert!(matches!(error, LdapReadError::Bind { .. }), "{error:?}");
    assert!(hint(&error).unwrap().contains("`ldap.sign-in`"), "{error:?} {:?}", hint(&error));
}

#[cfg(unix)]
#[tokio::test]
#[ignore = "needs root and 389 Directory Server: `scripts/test dirsrv`"]
async fn directory_server_knows_a_process_at_its_socket() {
    let server = bwdc_harness::dirsrv::DirectoryServer::start(SUFFIX).unwrap();
    let entries = people(3);
    let (_, entries) = entries.split_once("\n\n").unwrap();
    server.ldapmodify(entries).unwrap();
    let mut setup = Setup::new(1, "", "");
    setup.settings.local = true;
    setup.settings.hostname = server.socket().display().to_string();
    setup.settings.bind = Bind::External;
    assert_eq!(setup.read().await.unwrap().people().len(), 3);
    setup.settings.hostname = "/nowhere/socket".to_owned();
    let error = setup.failure().await;
    assert!(error.to_string().contains("ldapi:///nowhere/socket"), "{error}");
    assert!(hint(&error).unwrap().contains("path"), "{error:?}");
}
