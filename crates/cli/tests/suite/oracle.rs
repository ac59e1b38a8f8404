//! `bwdc test` against a real OpenLDAP server, compared byte for byte with what an independent program expects.

use bwdc_harness::awkward;
use bwdc_harness::home::{Home, ldap_data_json};
use bwdc_harness::oracle::{Question, expected};
use bwdc_harness::slapd::{Options, Slapd};
use bwdc_sandbox::data::{SLAPD_SCHEMA, Spec, write_ldif};

/// Compares line by line, so that a failure shows the first difference and not a whole directory.
fn assert_same_bytes(actual: &str, expected: &str) {
    let mut lines = actual.split('\n').zip(expected.split('\n')).enumerate();
    let difference =
        lines.find(|(_, (actual, expected))| actual != expected).map(|(index, (actual, expected))| {
            let start = actual.bytes().zip(expected.bytes()).take_while(|(one, other)| one == other).count();
            let shown = |text: &str| {
                String::from_utf8_lossy(&text.as_bytes()[start..]).chars().take(200).collect::<String>()
            };
            format!(
                "line {}, byte {start}:\n  printed {}\n expected {}",
                index + 1,
                shown(actual),
                shown(expected)
            )
        });
    assert_eq!(difference, None);
    assert_eq!(actual.len(), expected.len(), "one text goes on where the other ends");
}

fn assert_agrees(server: &Slapd, group_class: &str, member_attribute: &str) {
    let home = Home::with_plaintext_secrets().expect("a home folder");
    home.write_data_json(&ldap_data_json(server, group_class, member_attribute)).expect("a data file");
    for (arguments, question) in
        [(&["test", "--pretty"][..], Question::PrettyTest), (&["test"][..], Question::Test)]
    {
        let output = home.run(env!("CARGO_BIN_EXE_bwdc"), arguments).expect("a run that ends");
        assert_eq!(output.code, Some(0), "{arguments:?}: {}", output.stderr);
        let expected =
            expected(server, group_class, member_attribute, question).expect("the oracle's answer");
        assert_same_bytes(&output.stdout, &expected);
    }
}

#[test]
fn awkward_names_and_nested_groups() {
    let server = awkward::options().start().unwrap();
    assert_agrees(&server, "groupOfNames", "member");
}

#[test]
fn awkward_login_names_in_posix_groups() {
    let server = awkward::options().start().unwrap();
    assert_agrees(&server, "posixGroup", "memberUid");
}

#[test]
fn awkward_groups_of_unique_names() {
    let server = awkward::options().start().unwrap();
    assert_agrees(&server, "groupOfUniqueNames", "uniqueMember");
}

#[test]
fn twenty_thousand_people_in_nested_groups() {
    let spec = Spec {
        users: 20_000,
        groups: 2_000,
        members_per_group: 30,
        nesting_depth: 3,
        seed: 42,
        disabled_share: 0.05,
        ..Spec::default()
    };
    let server = Options::new(spec.suffix.clone())
        .schema(SLAPD_SCHEMA)
        .ldif_writer(move |out| write_ldif(&spec, out))
        .start()
        .unwrap();
    assert_agrees(&server, "groupOfNames", "member");
}

/// Two differences to the official body are meant: a blank address would be refused by the server, and nobody is flagged
/// as deleted who is not a member. The directory holds the first kind only.
#[test]
fn the_first_sync_posts_the_official_body_but_for_blank_addresses() {
    let server = awkward::options().start().unwrap();
    let organization =
        bwdc_sandbox::organization::Server::start_blocking(bwdc_sandbox::organization::Options::official())
            .expect("an organization");
    let home = Home::with_plaintext_secrets().expect("a home folder");
    let mut data = ldap_data_json(&server, "groupOfNames", "member");
    for key in ["organizationId", "entityId", "accessToken", "apiKeyClientId", "apiKeyClientSecret"] {
        data.as_object_mut().expect("an object").remove(key);
    }
    data["environmentUrls"] = serde_json::json!({ "base": organization.url() });
    home.write_data_json(&data).expect("a data file");
    let binary = env!("CARGO_BIN_EXE_bwdc");
    let (id, secret) = (organization.client_id(), organization.client_secret());
    for arguments in [&["login", &id, &secret][..], &["sync"][..]] {
        let output = home.run(binary, arguments).expect("a run that ends");
        assert_eq!(output.code, Some(0), "{}", output.stderr);
    }

    let expected =
        expected(&server, "groupOfNames", "member", Question::Import).expect("the oracle's answer");
    let mut expected: serde_json::Value = serde_json::from_str(&expected).expect("JSON");
    let members = expected["members"].as_array_mut().expect("members");
    let all = members.len();
    members.retain(|member| member["email"] != "");
    assert_eq!(all - members.len(), 1, "the directory has one blank address");
    let posted: Vec<String> = organization
        .requests()
        .into_iter()
        .filter(|request| request.path.ends_with("/public/organization/import"))
        .map(|request| request.body)
        .collect();
    assert_eq!(posted.len(), 1);
    assert_same_bytes(&posted[0], &expected.to_string());
}
