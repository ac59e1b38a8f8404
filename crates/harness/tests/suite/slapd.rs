//! The harness against the real server: it starts, limits, encrypts, stops and comes back.

use std::net::TcpStream;
use std::process::Command;

use bwdc_harness::HarnessError;
use bwdc_harness::awkward;
use bwdc_harness::slapd::{Options, Slapd};

fn entries(ldif: &str) -> usize {
    ldif.lines().filter(|line| line.starts_with("dn:")).count()
}

fn anonymous_search(server: &Slapd, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new("ldapsearch")
        .args(["-LLL", "-x", "-H", &server.url(), "-b", server.suffix()])
        .args(arguments)
        .env("LDAPNOINIT", "1")
        .output()
        .expect("ldap-utils is installed");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn the_awkward_directory_loads_and_changes() {
    let server = awkward::options().start().unwrap();
    let people = entries(&server.ldapsearch("(objectClass=person)", &["mail"]).unwrap());
    assert_eq!(people, 33);
    assert!(server.ldapsearch("(mail=\\20)", &["mail"]).unwrap().contains("Blank Address"));

    let new = "dn: cn=New,ou=staff,dc=example,dc=test\nobjectClass: inetOrgPerson\ncn: New\nsn: New\n";
    server.ldapadd(new).unwrap();
    server.ldapmodify("dn: cn=Gap,ou=staff,dc=example,dc=test\nchangetype: delete\n").unwrap();
    server.ldapmodify("dn: cn=Loud,ou=staff,dc=example,dc=test\nchangetype: delete\n").unwrap();
    assert_eq!(entries(&server.ldapsearch("(objectClass=person)", &["mail"]).unwrap()), people - 1);
    assert!(matches!(server.ldapadd(new), Err(HarnessError::Failed { .. })));
}

#[test]
fn data_outlives_a_restart_and_the_process_ends_with_the_value() {
    let mut server = Options::new("dc=example,dc=test").start().unwrap();
    server.ldapadd("dn: ou=kept,dc=example,dc=test\nobjectClass: organizationalUnit\nou: kept\n").unwrap();
    server.stop().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", server.port())).is_err());
    server.restart().unwrap();
    assert_eq!(entries(&server.ldapsearch("(ou=kept)", &[]).unwrap()), 1);
    let port = server.port();
    drop(server);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn limits_bind_the_anonymous_only() {
    let server = awkward::options()
        .size_limit("size.soft=10 size.hard=20 size.pr=5 size.prtotal=none")
        .start()
        .unwrap();
    let (code, answer) = anonymous_search(&server, &["(objectClass=person)", "mail"]);
    assert_eq!((code, entries(&answer)), (Some(4), 10));
    let (code, answer) = anonymous_search(&server, &["-E", "pr=5/noprompt", "(objectClass=person)", "mail"]);
    assert_eq!((code, entries(&answer)), (Some(0), 33));
    assert_eq!(entries(&server.ldapsearch("(objectClass=person)", &["mail"]).unwrap()), 33);
}

#[test]
fn only_the_right_authority_and_certificate_get_in() {
    let server = Options::new("dc=example,dc=test").demand_client_certificate().start().unwrap();
    let files = server.certificates().unwrap();
    let whoami = |ca: &std::path::Path, with_certificate: bool| {
        let mut command = Command::new("ldapwhoami");
        command.args(["-Q", "-Y", "EXTERNAL", "-H", &server.ldaps_url()]);
        command.env("LDAPTLS_CACERT", ca);
        if with_certificate {
            command.env("LDAPTLS_CERT", &files.client_certificate).env("LDAPTLS_KEY", &files.client_key);
        }
        command.output().unwrap()
    };
    let accepted = whoami(&files.ca, true);
    assert_eq!(String::from_utf8_lossy(&accepted.stdout).trim(), "dn:cn=connector", "{accepted:?}");
    assert!(!whoami(&files.wrong_ca, true).status.success());
    assert!(!whoami(&files.ca, false).status.success());
}

#[test]
fn an_overlay_sees_what_is_added_over_the_wire() {
    let server = awkward::options().overlay("memberof", &[]).start().unwrap();
    server
        .ldapadd(
            "dn: cn=seen,ou=teams,dc=example,dc=test\nobjectClass: groupOfNames\ncn: seen\n\
             member: cn=Gap,ou=staff,dc=example,dc=test\n",
        )
        .unwrap();
    let gap = server.ldapsearch("(cn=Gap)", &["memberOf"]).unwrap();
    assert!(gap.contains("memberOf: cn=seen,ou=teams,dc=example,dc=test"), "{gap}");
}

#[test]
fn a_refused_configuration_is_told_in_the_servers_words() {
    let refused =
        Options::new("dc=example,dc=test").global_line("nosuchdirective yes").start().err().unwrap();
    assert!(refused.to_string().contains("nosuchdirective"), "{refused}");
}
