//! Looking a server over, and what is said of a password in clear text.

use super::{PASSWORD, READER, SCOPE, SUFFIX, Setup, people};
use crate::hint::hint;
use bwdc_core::settings::{IdAttribute, Security};
use bwdc_engine::directory::probe::{Check, Concern, Finding, Grade};
use bwdc_engine::event::Event;
use bwdc_engine::notice::Notice;
use bwdc_harness::slapd;
use bwdc_sandbox::ldap::{Options, Server};

async fn probe(setup: &Setup) -> Vec<Finding> {
    setup.directory().probe(&|_| ()).await
}

fn fact<'f>(finding: &'f Finding, name: &str) -> &'f str {
    &finding.facts.iter().find(|(known, _)| *known == name).unwrap().1
}

fn concern(findings: &[Finding], check: Check) -> Option<&Concern> {
    findings.iter().filter(|it| it.check == check).find_map(|it| match &it.grade {
        Grade::Concern(concern) => Some(concern),
        _ => None,
    })
}

fn with_a_group() -> String {
    people(3) + &format!("dn: cn=g,{SUFFIX}\nobjectClass: groupOfNames\ncn: g\nmember: uid=u0,{SUFFIX}\n")
}

#[tokio::test]
async fn a_server_as_it_should_be_is_told_with_what_it_can_do() {
    let server =
        slapd::Options::new(SUFFIX).ldif_text(with_a_group()).overlay("syncprov", &[]).start().unwrap();
    let findings = probe(&Setup::slapd(&server)).await;
    assert!(findings.iter().all(|it| matches!(it.grade, Grade::Good)), "{findings:#?}");
    let checks: Vec<Check> = findings.iter().map(|it| it.check).collect();
    let expected =
        [Check::SignIn, Check::Service, Check::Service, Check::SearchBase, Check::People, Check::Groups];
    assert_eq!(checks, expected);
    assert_eq!(fact(&findings[1], "software"), "OpenLDAP");
    assert_eq!(fact(&findings[2], "incremental reads"), "content synchronization (RFC 4533)");
    assert_eq!(fact(&findings[4], "sync.userEmailAttribute"), "in 3 of 3");
}

#[tokio::test]
async fn what_is_missing_is_named_with_its_setting() {
    let server = slapd::Options::new(SUFFIX).ldif_text(with_a_group()).start().unwrap();
    let mut setup = Setup::slapd(&server);
    setup.layout.email_attributes = vec!["email".to_owned()];
    setup.layout.member_attribute = "uniqueMember".to_owned();
    setup.layout.user_bases.push("ou=none,dc=example,dc=test".to_owned());
    let findings = probe(&setup).await;
    assert_eq!(concern(&findings, Check::Service), None);
    assert_eq!(fact(&findings[2], "incremental reads"), "not offered by the server");
    let lost = findings.iter().find(|it| it.check == Check::SearchBase && it.is_failure()).unwrap();
    assert_eq!(lost.subject, "ou=none,dc=example,dc=test");
    let missing =
        |attribute: &str, setting| Concern::AttributeMissing { attribute: attribute.to_owned(), setting };
    assert_eq!(concern(&findings, Check::Groups), Some(&missing("uniqueMember", "sync.memberAttribute")));
    setup.layout.user_bases.pop();
    assert_eq!(
        concern(&probe(&setup).await, Check::People),
        Some(&missing("email", "sync.userEmailAttribute"))
    );
    // The setting that counts is named, and a composed address is one.
    setup.layout.address_settings = vec!["ldap.email-attributes"];
    let people = concern(&probe(&setup).await, Check::People).cloned();
    assert_eq!(people, Some(missing("email", "ldap.email-attributes")));
    setup.layout.address_settings = vec!["ldap.email-attributes", "sync.emailPrefixAttribute"];
    setup.layout.email_prefix_attribute = Some("initials".to_owned());
    let people = concern(&probe(&setup).await, Check::People).cloned();
    assert_eq!(people, Some(missing("initials", "sync.emailPrefixAttribute")));
    for (attribute, prefix) in [("mail", "initials"), ("email", "uid")] {
        setup.layout.email_attributes = vec![attribute.to_owned()];
        setup.layout.email_prefix_attribute = Some(prefix.to_owned());
        assert_eq!(concern(&probe(&setup).await, Check::People), None);
    }
    setup.layout.email_prefix_attribute = None;
    setup.layout.address_settings = vec!["sync.userEmailAttribute"];
    setup.layout.email_attributes = vec!["mail".to_owned()];
    setup.layout.id_attribute = Some(IdAttribute::IpaUniqueId);
    assert_eq!(
        concern(&probe(&setup).await, Check::People),
        Some(&missing("ipaUniqueID", "ldap.id-attribute"))
    );
    setup.layout.user_filter = Some("(uid=nobody)".to_owned());
    assert_eq!(concern(&probe(&setup).await, Check::People), Some(&Concern::NothingFound));
}

/// Reading and looking blame the same setting, and what is below a wrong base is not blamed, too.
#[tokio::test]
async fn a_wrong_base_is_one_finding_that_names_the_setting_it_comes_from() {
    let server = slapd::Options::new(SUFFIX).ldif_text(with_a_group()).start().unwrap();
    let wrong = "dc=exmaple,dc=test".to_owned();
    let mut setup = Setup::slapd(&server);
    setup.settings.root_path.clone_from(&wrong);
    for (root, named) in
        [(wrong.clone(), "`ldap.rootPath`:"), (SUFFIX.to_owned(), "`sync.userPath` or `ldap.rootPath`,")]
    {
        setup.settings.root_path = root;
        setup.layout.user_bases = vec![wrong.clone()];
        setup.layout.group_bases = vec![wrong.clone()];
        let findings = probe(&setup).await;
        let failures: Vec<&Finding> = findings.iter().filter(|it| it.is_failure()).collect();
        let [lost] = failures.as_slice() else { panic!("{findings:#?}") };
        let Grade::Failed(error) = &lost.grade else { panic!("{lost:?}") };
        let looked = hint(&**error).expect("a hint");
        let read = setup.directory().read(SCOPE, &|_| ()).await.err().expect("there is no such base");
        assert_eq!(hint(&read).as_ref(), Some(&looked));
        assert!(looked.starts_with(&format!("Correct {named}")), "{looked}");
    }
}

#[tokio::test]
async fn a_refused_sign_in_ends_it() {
    let server = slapd::Options::new(SUFFIX).ldif_text(people(1)).start().unwrap();
    let mut setup = Setup::slapd(&server);
    setup.password = "wrong".to_owned();
    let findings = probe(&setup).await;
    assert!(matches!(&findings[..], [it] if it.check == Check::SignIn && it.is_failure()), "{findings:?}");
}

#[tokio::test]
async fn a_server_without_pages_is_a_concern() {
    let options = Options { without_paging: true, ..Options::with_bind(with_a_group(), READER, PASSWORD) };
    let server = Server::start(options).await.unwrap();
    let mut setup = Setup::sandbox(&server);
    setup.settings.paged_search = Some(false);
    assert_eq!(concern(&probe(&setup).await, Check::Service), Some(&Concern::NoPages { whole: Some(3) }));
}

/// As with the official connector, a unit before the first `dc=` does not count: who named it there is told.
#[tokio::test]
async fn a_root_that_is_cut_is_a_concern_where_searches_look_beside_it() {
    let unit = format!("ou=unit,{SUFFIX}");
    let entry = format!("dn: {unit}\nobjectClass: organizationalUnit\nou: unit\n\n");
    let server = slapd::Options::new(SUFFIX).ldif_text(with_a_group() + "\n" + &entry).start().unwrap();
    let mut setup = Setup::slapd(&server);
    setup.settings.root_path.clone_from(&unit);
    let cut = Concern::RootCut { left_out: "ou=unit".to_owned() };
    assert_eq!(concern(&probe(&setup).await, Check::SearchBase), Some(&cut));
    setup.layout.user_bases = vec![unit.clone()];
    setup.layout.group_bases = vec![format!("OU=Unit, {SUFFIX}")];
    assert_eq!(concern(&probe(&setup).await, Check::SearchBase), None, "that is what the root names");
}

#[tokio::test]
async fn a_password_in_clear_text_works_and_is_said_every_time() {
    let server = slapd::Options::new(SUFFIX).ldif_text(people(2)).tls().start().unwrap();
    let mut setup = Setup::slapd(&server);
    let notices = async |setup: &Setup| {
        let (snapshot, events) = setup.read_with_events().await;
        assert_eq!(snapshot.people().len(), 2);
        events
            .into_iter()
            .filter_map(|it| if let Event::Notice(notice) = it { Some(notice) } else { None })
            .collect()
    };
    assert_eq!(notices(&setup).await, Vec::<Notice>::new(), "it does not leave this machine");
    // This machine, by an address that does not say so.
    setup.settings.hostname = "0.0.0.0".to_owned();
    let said: Vec<Notice> = notices(&setup).await;
    assert!(
        matches!(&said[..], [Notice::PasswordInClearText { server, .. }] if server.contains("0.0.0.0")),
        "{said:?}"
    );
    assert_eq!(concern(&probe(&setup).await, Check::SignIn), Some(&Concern::ClearText));
    setup.settings.security = Security::StartTls;
    setup.settings.tls.allow_unauthorized = true;
    assert_eq!(notices(&setup).await, Vec::<Notice>::new());
    assert_eq!(concern(&probe(&setup).await, Check::SignIn), Some(&Concern::CertificateNotVerified));
}
