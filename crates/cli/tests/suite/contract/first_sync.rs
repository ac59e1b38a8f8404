//! From nothing to a verified first sync without a terminal: the manual's own commands, fewer than eight of them.

use bwdc_harness::home::Home;
use bwdc_sandbox::cloud::graph;
use bwdc_sandbox::organization::{Options, Server};
use bwdc_sandbox::{ldap, organization};
use std::process::Stdio;

const MANUAL: &str = include_str!("../../../../../docs/quick-start.md");

const DIRECTORY: &str = "\
dn: dc=example,dc=com
objectClass: domain
dc: example

dn: uid=ada,dc=example,dc=com
objectClass: person
objectClass: inetOrgPerson
uid: ada
cn: Ada
sn: A
mail: ada@example.com

dn: cn=Staff,dc=example,dc=com
objectClass: groupOfNames
cn: Staff
member: uid=ada,dc=example,dc=com
";

/// The file and the commands of a chapter.
fn chapter(title: &str) -> (String, Vec<String>) {
    let chapter = MANUAL.split("\n## ").find(|it| it.starts_with(title)).expect("a chapter");
    let block = |kind: &str| {
        let (_, rest) = chapter.split_once(&format!("```{kind}\n")).expect("a block");
        rest.split_once("```").expect("its end").0.to_owned()
    };
    (block("toml"), block("sh").lines().map(str::to_owned).collect())
}

/// Runs the commands in a shell, one by one, with what they read from files.
fn first_sync(title: &str, replaced: &[(&str, &str)], secret: (&str, &str), organization: &Server) -> String {
    let (mut file, commands) = chapter(title);
    for (from, to) in replaced {
        assert!(file.contains(from), "{from} is not in {file}");
        file = file.replace(from, to);
    }
    let home = Home::new().expect("a home");
    let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).expect("a file");
    write("bwdc.toml", &file);
    write(secret.0, secret.1);
    write("client-secret.txt", &organization.client_secret());
    assert!(commands.len() < 8, "{commands:?}");
    let mut said = String::new();
    for command in commands {
        let command = command
            .replace("organization.<id>", &organization.client_id())
            .replace("bwdc ", &format!("{} ", env!("CARGO_BIN_EXE_bwdc")));
        let mut shell = home.command("sh", &["-c", &command]);
        shell.current_dir(home.path()).stdin(Stdio::null());
        let output = shell.output().expect("a shell");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{command}: {}", text(&output.stderr));
        said = text(&output.stdout);
    }
    // A second run finds nothing to do: what was sent was read back.
    let again = home.run(env!("CARGO_BIN_EXE_bwdc"), &["plan"]).expect("it runs").stdout;
    assert!(again.contains("as the server says") && again.ends_with("Nothing to do.\n"), "{again}");
    said
}

#[test]
fn an_ldap_directory_is_synced_by_six_commands() {
    let reader = "cn=reader,dc=example,dc=com";
    let options = ldap::Options::with_bind(DIRECTORY.to_owned(), reader, "of the reader");
    let directory = ldap::Server::start_blocking(options).expect("a directory");
    let organization = Server::start_blocking(Options::official()).expect("an organization");
    let port = format!("port = {}", directory.port());
    let said = first_sync(
        "LDAP\n",
        &[
            ("https://vault.example.com", &organization.url()),
            ("ldap.example.com", "127.0.0.1"),
            ("port = 636", &port),
            ("ssl = true", "ssl = false"),
        ],
        ("ldap-password.txt", "of the reader\n"),
        &organization,
    );
    assert_eq!(said, "Syncing complete.\nSynced 1 group(s) and 1 user(s).\n");
    assert!(organization.member("ada@example.com").is_some());
}

#[test]
fn entra_id_is_synced_by_six_commands() {
    let tenant = graph::Tenant::generate(graph::Spec {
        users: 12,
        groups: 2,
        members_per_group: 5,
        nested_every: 2,
        seed: 3,
    });
    let server = graph::Server::start(graph::Options::new(tenant)).expect("a stand-in");
    let organization = Server::start_blocking(organization::Options::official()).expect("an organization");
    let application = format!(
        "applicationId = \"{}\"\nauthority-url = \"{url}\"\ngraph-url = \"{url}\"",
        server.options().application_id,
        url = server.url()
    );
    first_sync(
        "Microsoft Entra ID\n",
        &[
            ("https://vault.example.com", &organization.url()),
            ("example.onmicrosoft.com", &server.options().tenant_id),
            ("applicationId = \"00000000-0000-0000-0000-000000000000\"", &application),
            ("userFilter = \"includeGroup:00000000-0000-0000-0000-000000000000\"\n", ""),
        ],
        ("entra-secret.txt", &server.options().secret),
        &organization,
    );
    assert_eq!(organization.members().iter().filter(|it| it.external_id.is_some()).count(), 12);
}
