//! The directory server as OpenLDAP's own client sees it: `ldapsearch` from the package ldap-utils has to be installed.

#![expect(clippy::unwrap_used, reason = "a failed expectation is how a test speaks, its helpers included")]

use std::process::{Command, Output};
use std::time::Duration;

use bwdc_sandbox::data::{Spec, write_ldif};
use bwdc_sandbox::ldap::ldif::{self, Record};
use bwdc_sandbox::ldap::{
    Action, Anonymous, At, ClientCertificate, Fault, LoggedOperation, Options, PageLimit, ResultCode, Server,
    ServerCertificate,
};

const ADMIN: &str = "cn=admin,dc=example,dc=test";
const PASSWORD: &str = "correct horse";
const PEOPLE: &str = "ou=People,dc=example,dc=test";

fn generated(users: usize, groups: usize) -> String {
    let mut text = Vec::new();
    write_ldif(&Spec { users, groups, ..Spec::default() }, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn options(users: usize) -> Options {
    Options { anonymous: Anonymous::Allowed, ..Options::with_bind(generated(users, 5), ADMIN, PASSWORD) }
}

fn start(options: Options) -> Server {
    Server::start_blocking(options).unwrap()
}

struct Answer {
    code: i32,
    entries: Vec<Record>,
    stdout: String,
    stderr: String,
}

impl Answer {
    fn names(&self) -> Vec<&str> {
        self.entries.iter().map(|entry| entry.dn.as_str()).collect()
    }
}

fn run(url: &str, environment: &[(&str, &str)], arguments: &[&str]) -> Answer {
    let mut command = Command::new("timeout");
    command.args(["30", "ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-H", url]).args(arguments);
    command.env_clear().env("PATH", "/usr/bin:/bin:/usr/local/bin").env("LDAPNOINIT", "1");
    if !environment.is_empty() {
        command.env_remove("LDAPNOINIT").envs(environment.iter().copied());
    }
    let Output { status, stdout, stderr } = command.output().expect("`timeout` of coreutils is installed");
    let code = status.code().unwrap_or(-1);
    assert_ne!(code, 127, "install ldap-utils: `ldapsearch` is missing");
    assert_ne!(code, 124, "`ldapsearch` hung");
    let stdout = String::from_utf8(stdout).unwrap();
    let entries = ldif::parse(&stdout).unwrap();
    Answer { code, entries, stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() }
}

fn search(server: &Server, arguments: &[&str]) -> Answer {
    run(&server.url(), &[], &[&["-x"], arguments].concat())
}

fn values(entry: &Record, name: &str) -> Vec<String> {
    let found = entry.attributes.iter().filter(|attribute| attribute.name == name);
    found.flat_map(|each| &each.values).map(|value| String::from_utf8_lossy(value).into_owned()).collect()
}

struct Files {
    folder: std::path::PathBuf,
}

impl Files {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("sandbox-ldap-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

#[test]
fn entries_come_back_as_they_were_loaded() {
    let text = generated(40, 5);
    let server = start(Options::anonymous(text.clone()));
    let answer = search(&server, &["-b", "dc=example,dc=test"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let mut loaded = ldif::parse(&text).unwrap();
    let mut seen = answer.entries;
    loaded.sort_by(|a, b| a.dn.cmp(&b.dn));
    seen.sort_by(|a, b| a.dn.cmp(&b.dn));
    assert_eq!(seen, loaded);
}

#[test]
fn pages_give_the_same_as_one_answer() {
    let server = start(options(20));
    let whole = search(&server, &["-b", PEOPLE]);
    let paged = search(&server, &["-b", PEOPLE, "-E", "!pr=3/noprompt"]);
    assert_eq!((whole.code, paged.code), (0, 0), "{}", paged.stderr);
    assert_eq!(whole.entries.len(), 21);
    assert_eq!(whole.entries, paged.entries);
    assert_eq!(server.counts().pages, 7);
    let pages: Vec<usize> = server
        .log()
        .iter()
        .filter_map(|each| match each {
            LoggedOperation::Search { page_size: Some(3), page, .. } => Some(*page),
            _ => None,
        })
        .collect();
    assert_eq!(pages, [1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn paging_can_be_missing() {
    let server = start(Options { without_paging: true, ..options(20) });
    assert_eq!(search(&server, &["-b", PEOPLE, "-E", "!pr=3/noprompt"]).code, 12);
    let ignored = search(&server, &["-b", PEOPLE, "-E", "pr=3/noprompt"]);
    assert_eq!((ignored.code, ignored.entries.len()), (0, 21));
    let root = search(&server, &["-b", "", "-s", "base", "supportedControl"]);
    assert!(!values(&root.entries[0], "supportedControl").contains(&"1.2.840.113556.1.4.319".to_owned()));
}

#[test]
fn the_root_dse_tells_what_there_is() {
    let server = start(Options {
        start_tls: true,
        anonymous: Anonymous::Refused,
        root_dse: vec![("highestCommittedUSN".to_owned(), vec!["42".to_owned()])],
        ..options(1)
    });
    let root = search(&server, &["-b", "", "-s", "base", "+", "*"]);
    assert_eq!(root.code, 48, "an anonymous bind is refused");
    let bound = search(&server, &["-D", ADMIN, "-w", PASSWORD, "-b", "", "-s", "base", "+", "*"]);
    let entry = &bound.entries[0];
    assert_eq!(values(entry, "namingContexts"), ["dc=example,dc=test"]);
    assert_eq!(values(entry, "supportedLDAPVersion"), ["3"]);
    assert_eq!(values(entry, "vendorName"), ["Sandbox directory"]);
    assert_eq!(values(entry, "highestCommittedUSN"), ["42"]);
    assert!(values(entry, "supportedControl").contains(&"1.2.840.113556.1.4.319".to_owned()));
    assert!(values(entry, "supportedExtension").contains(&"1.3.6.1.4.1.1466.20037".to_owned()));
    let unasked = search(&server, &["-D", ADMIN, "-w", PASSWORD, "-b", "", "-s", "base"]);
    assert_eq!(unasked.entries[0].attributes.len(), 2, "{}", unasked.stdout);
}

#[test]
fn size_limits_give_some_entries_and_say_so() {
    let server = start(Options { size_limit: Some(10), ..options(30) });
    let limited = search(&server, &["-b", PEOPLE]);
    assert_eq!((limited.code, limited.entries.len()), (4, 10));
    let asked = search(&server, &["-b", PEOPLE, "-z", "4"]);
    assert_eq!((asked.code, asked.entries.len()), (4, 4));
    let paged = search(&server, &["-b", PEOPLE, "-E", "pr=5/noprompt"]);
    assert_eq!((paged.code, paged.entries.len()), (0, 31));
    drop(server);

    let server =
        start(Options { paged_total_limit: Some(12), page_limit: PageLimit::Refuse(50), ..options(30) });
    let total = search(&server, &["-b", PEOPLE, "-E", "pr=5/noprompt"]);
    assert_eq!((total.code, total.entries.len()), (4, 12));
    assert_eq!(search(&server, &["-b", PEOPLE, "-E", "pr=51/noprompt"]).code, 11);
}

#[test]
fn binds_are_checked() {
    let server = start(Options { anonymous: Anonymous::Refused, ..options(3) });
    let base = ["-b", "dc=example,dc=test", "-s", "base", "1.1"];
    let with =
        |name: &str, password: &str| search(&server, &[&["-D", name, "-w", password], &base[..]].concat());
    assert_eq!(with(ADMIN, PASSWORD).code, 0);
    assert_eq!(with("CN=Admin, DC=example,DC=test", PASSWORD).code, 0);
    let wrong = with(ADMIN, "wrong");
    assert_eq!(wrong.code, 49);
    assert!(wrong.stderr.contains("Invalid credentials"), "{}", wrong.stderr);
    assert_eq!(with("cn=nobody", PASSWORD).code, 49);
    assert_eq!(search(&server, &base).code, 48);
    assert_eq!(search(&server, &[&["-P", "2"], &base[..]].concat()).code, 2);
    assert_eq!(server.counts().binds, 6);
    assert!(!format!("{:?} {:?}", server.log(), options(0).credentials).contains(PASSWORD));
}

#[test]
fn an_unknown_base_names_the_closest_entry() {
    let server = start(options(3));
    let answer = search(&server, &["-b", "ou=Nowhere,ou=PEOPLE,dc=example,dc=test"]);
    assert_eq!(answer.code, 32);
    assert!(answer.stderr.contains(&format!("Matched DN: {PEOPLE}")), "{}", answer.stderr);
    assert_eq!(search(&server, &["-b", "nonsense"]).code, 34);
}

#[test]
fn filters_with_escapes_find_what_they_mean() {
    let ldif = "dn: dc=x\n\ndn: cn=a (b*c)\\\\d,dc=x\ncn: a (b*c)\\d\nobjectGUID:: AP8BKg==\n\n\
                dn:: Y249w4lsb2RpZSxkYz14\ncn:: w4lsb2RpZQ==\nuserAccountControl: 514\n\n\
                dn: cn=g,dc=x\ncn: g\nmember: CN=élodie, DC=x\n";
    let server = start(Options::anonymous(ldif));
    let found = |filter: &str| {
        let answer = search(&server, &["-b", "dc=x", filter, "1.1"]);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        answer.names().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(found("(cn=a \\28b\\2ac\\29\\5cd)"), ["cn=a (b*c)\\\\d,dc=x"]);
    assert_eq!(found("(objectGUID=\\00\\ff\\01\\2a)"), ["cn=a (b*c)\\\\d,dc=x"]);
    assert_eq!(found("(cn=élodie)"), ["cn=Élodie,dc=x"]);
    assert_eq!(found("(cn=\\c3\\a9LO*)"), ["cn=Élodie,dc=x"]);
    assert_eq!(found("(member=cn=Élodie,dc=x)"), ["cn=g,dc=x"]);
    assert_eq!(
        found("(&(cn=*)(!(userAccountControl:1.2.840.113556.1.4.803:=2))(!(member=*)))"),
        ["cn=a (b*c)\\\\d,dc=x"]
    );
    assert_eq!(found("(|(cn=g)(userAccountControl>=600)(userAccountControl<=514))").len(), 2);
}

#[test]
fn attributes_are_chosen() {
    let server = start(options(3));
    let base = "uid=u0000001,ou=People,dc=example,dc=test";
    let one = search(&server, &["-b", base, "-s", "base", "MAIL", "entryUUID"]);
    let mut names: Vec<&str> = one.entries[0].attributes.iter().map(|each| each.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["entryUUID", "mail"]);
    let none = search(&server, &["-b", base, "-s", "base", "1.1"]);
    assert!(none.entries[0].attributes.is_empty());
    let types = search(&server, &["-b", base, "-s", "base", "-A"]);
    assert!(types.entries[0].attributes.iter().all(|each| each.values == [b""]));
    assert_eq!(search(&server, &["-b", PEOPLE, "-s", "one"]).entries.len(), 3);
    assert_eq!(search(&server, &["-b", PEOPLE, "-s", "children"]).entries.len(), 3);
}

#[test]
fn start_tls_and_ldaps_show_a_certificate_that_the_authority_signed() {
    let server = start(Options { start_tls: true, ldaps: true, ..options(3) });
    let files = Files::new("tls");
    let ca = files.write("ca.pem", server.ca_pem().unwrap());
    let trusting = [("LDAPTLS_CACERT", ca.as_str())];
    let arguments = ["-x", "-D", ADMIN, "-w", PASSWORD, "-b", PEOPLE, "-s", "base", "1.1"];
    let with_tls = [&["-ZZ"], &arguments[..]].concat();
    let ldaps = server.ldaps_url().unwrap();
    assert_eq!(run(&server.url(), &trusting, &with_tls).code, 0);
    assert_eq!(run(&ldaps, &trusting, &arguments).code, 0);
    let encrypted: Vec<bool> = server
        .log()
        .iter()
        .filter_map(|each| match each {
            LoggedOperation::Bind { encrypted, .. } => Some(*encrypted),
            _ => None,
        })
        .collect();
    assert_eq!(encrypted, [true, true]);

    server.inject(Fault::new(At::Accept, Action::Delay(Duration::from_millis(50))));
    assert_eq!(run(&ldaps, &trusting, &arguments).code, 0, "a late handshake is still one");

    let other = start(Options { ldaps: true, ..options(0) });
    let stranger = files.write("other.pem", other.ca_pem().unwrap());
    assert_eq!(run(&ldaps, &[("LDAPTLS_CACERT", &stranger)], &arguments).code, 255);
}

#[test]
fn bad_certificates_and_missing_encryption_are_seen() {
    let files = Files::new("bad");
    let arguments = ["-x", "-b", PEOPLE, "-s", "base", "1.1"];
    for certificate in [ServerCertificate::Expired, ServerCertificate::OtherHost] {
        let server = start(Options { ldaps: true, server_certificate: certificate, ..options(0) });
        let ca = files.write("ca.pem", server.ca_pem().unwrap());
        let answer = run(&server.ldaps_url().unwrap(), &[("LDAPTLS_CACERT", &ca)], &arguments);
        assert_eq!(answer.code, 255, "{certificate:?}");
    }
    let plain = start(options(0));
    let refused = search(&plain, &["-ZZ", "-b", PEOPLE]);
    assert!(refused.code == 1 && refused.stderr.contains("Protocol error (2)"), "{}", refused.stderr);
    let strict = start(Options { bind_needs_encryption: true, ..options(0) });
    assert_eq!(search(&strict, &["-D", ADMIN, "-w", PASSWORD, "-b", PEOPLE]).code, 8);
}

#[test]
fn a_client_certificate_can_be_required() {
    let server = start(Options {
        ldaps: true,
        anonymous: Anonymous::Refused,
        client_certificate: ClientCertificate::Required,
        ..options(2)
    });
    let files = Files::new("client");
    let identity = server.client_identity().unwrap();
    let ca = files.write("ca.pem", server.ca_pem().unwrap());
    let certificate = files.write("client.pem", &identity.certificate_pem);
    let key = files.write("client.key", &identity.key_pem);
    let url = server.ldaps_url().unwrap();
    let arguments = ["-Y", "EXTERNAL", "-Q", "-b", PEOPLE, "-s", "one", "1.1"];
    let with = [("LDAPTLS_CACERT", ca.as_str()), ("LDAPTLS_CERT", &certificate), ("LDAPTLS_KEY", &key)];
    let answer = run(&url, &with, &arguments);
    assert_eq!((answer.code, answer.entries.len()), (0, 2), "{}", answer.stderr);
    assert_ne!(run(&url, &with[..1], &arguments).code, 0);
}

#[test]
fn changes_show_at_once() {
    let server = start(options(3));
    let joiner = "dn: uid=new,ou=People,dc=example,dc=test\nuid: new\nmail: new@example.test\n";
    assert_eq!(server.add(joiner), Ok(1));
    server.delete("uid=u0000000,ou=People,dc=example,dc=test").unwrap();
    server.modify("uid=u0000001,ou=people,dc=example,dc=test", "mail", ["changed@example.test"]).unwrap();
    server
        .rename("uid=u0000002,ou=People,dc=example,dc=test", "uid=renamed,ou=People,dc=example,dc=test")
        .unwrap();
    let answer = search(&server, &["-b", PEOPLE, "-s", "one", "mail"]);
    let uids: Vec<&str> = answer.names().into_iter().map(|dn| dn.split(',').next().unwrap()).collect();
    assert_eq!(uids, ["uid=new", "uid=renamed", "uid=u0000001"]);
    assert_eq!(values(&answer.entries[2], "mail"), ["changed@example.test"]);
}

#[test]
fn results_and_references_on_demand_reach_the_client() {
    let server = start(Options {
        search_references: vec!["ldap://other.example.test/dc=other".to_owned()],
        ..options(9)
    });
    for (code, number) in [
        (ResultCode::Busy, 51),
        (ResultCode::Unavailable, 52),
        (ResultCode::TimeLimitExceeded, 3),
        (ResultCode::AdminLimitExceeded, 11),
    ] {
        let action = Action::Answer { code, message: "asked to".to_owned(), after_entries: 2 };
        server.inject(Fault::new(At::Page(2), action).once());
        let answer = search(&server, &["-b", PEOPLE, "-E", "pr=4/noprompt"]);
        assert_eq!((answer.code, answer.entries.len()), (number, 6));
    }
    assert_eq!(search(&server, &["-b", PEOPLE, "-E", "pr=4/noprompt"]).entries.len(), 10);
    server.inject(Fault::new(At::Search(1), Action::Referral(vec!["ldap://far.example.test/".to_owned()])));
    let referred = search(&server, &["-b", PEOPLE]);
    assert_eq!(referred.code, 10);
    assert!(referred.stderr.contains("ldap://far.example.test/"), "{}", referred.stderr);
    let referenced = search(&server, &["-b", "dc=example,dc=test", "-E", "pr=4/noprompt"]);
    assert_eq!(referenced.code, 0);
    assert!(referenced.stdout.contains("# refldap://other.example.test/dc=other"), "{}", referenced.stdout);
    server.inject(Fault::new(At::Bind, Action::answer(ResultCode::StrongerAuthRequired)));
    assert_eq!(search(&server, &["-D", ADMIN, "-w", PASSWORD, "-b", PEOPLE]).code, 8);
}

#[test]
fn cuts_garbage_and_lost_cookies_reach_the_client() {
    let server = start(options(9));
    let paged = ["-b", PEOPLE, "-E", "pr=4/noprompt"];
    server.inject(Fault::new(At::Page(2), Action::Cut { after_entries: 1 }).once());
    let cut = search(&server, &paged);
    assert_eq!((cut.code, cut.entries.len()), (255, 5), "{}", cut.stderr);
    server.inject(Fault::new(At::PageOf { base: PEOPLE.to_owned(), page: 2 }, Action::LoseCookie).once());
    let lost = search(&server, &paged);
    assert_eq!((lost.code, lost.entries.len()), (0, 8));
    server.inject(Fault::new(At::Search(1), Action::Garbage).once());
    let garbage = search(&server, &paged);
    // The client's own errors are negative numbers: decoding, connection lost, or local.
    assert!((250..=255).contains(&garbage.code) && garbage.entries.is_empty(), "{}", garbage.stderr);
    server.inject(Fault::new(At::Accept, Action::Cut { after_entries: 0 }).once());
    assert!((250..=255).contains(&search(&server, &paged).code));
    assert_eq!(search(&server, &paged).code, 0);
}
