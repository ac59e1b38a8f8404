//! LDAP directories and Active Directory, against what the official connector printed.

use super::{UNUSED, file, ids, is_named, test};
use bwdc_harness::home::{Home, ldap_data_json};
use bwdc_harness::slapd::{Options, Slapd};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const LDIF: &str = include_str!("../../recorded/take_over/awkward.ldif");
const SCHEMA: &str = include_str!("../../recorded/take_over/fake-ad.schema");
const RECORDED: [(&str, &str, &str); 2] = [
    ("groupOfNames", "member", include_str!("../../recorded/take_over/awkward.groupOfNames.json")),
    ("posixGroup", "memberUid", include_str!("../../recorded/take_over/awkward.posixGroup.json")),
];

fn awkward() -> Slapd {
    Options::new("dc=bitwarden,dc=com").schema(SCHEMA).ldif_text(LDIF).start().expect("slapd")
}

/// What was recorded, with the one difference that is meant: names are compared without regard to case.
fn recorded(text: &str, ours: &Value) -> Value {
    let mut recorded: Value = serde_json::from_str(text).expect("JSON");
    for (number, group) in recorded["groups"].as_array_mut().expect("a list").iter_mut().enumerate() {
        if group["displayName"] == "CaseDN" {
            assert_eq!(group["userIds"], json!([]), "there nobody is found");
            assert_ne!(ours["groups"][number]["userIds"], json!([]));
            group["userIds"] = ours["groups"][number]["userIds"].clone();
        }
    }
    recorded
}

#[test]
fn a_directory_is_read_as_the_official_connector_read_it_whatever_stands_for_no_path() {
    let server = awkward();
    let home = Home::with_plaintext_secrets().expect("a home");
    for (class, attribute, text) in RECORDED {
        for unused in UNUSED {
            let mut settings = ldap_data_json(&server, class, attribute);
            for key in
                ["userPath", "groupPath", "userFilter", "groupFilter", "emailSuffix", "emailPrefixAttribute"]
            {
                unused.write(&mut settings["sync"], key);
            }
            let answer = test(&home, &settings).unwrap_or_else(|error| panic!("{unused:?}: {error}"));
            assert_eq!(answer, recorded(text, &answer), "{class} {unused:?}");
        }
    }
}

/// Attributes that are not named are the usual ones, as there; without a class nobody would be selected, which is said.
#[test]
fn what_a_file_does_not_name_is_usual_or_asked_for() {
    let server = awkward();
    let home = Home::with_plaintext_secrets().expect("a home");
    let (class, attribute, _) = RECORDED[0];
    let whole = test(&home, &ldap_data_json(&server, class, attribute)).expect("a directory");
    for unused in UNUSED {
        let mut settings = ldap_data_json(&server, class, attribute);
        for key in ["groupNameAttribute", "userEmailAttribute", "memberAttribute", "revisionDateAttribute"] {
            unused.write(&mut settings["sync"], key);
        }
        assert_eq!(test(&home, &settings).expect("a directory"), whole, "{unused:?}");
        for (key, setting) in
            [("userObjectClass", "sync.userObjectClass"), ("groupObjectClass", "sync.groupObjectClass")]
        {
            let mut settings = ldap_data_json(&server, class, attribute);
            unused.write(&mut settings["sync"], key);
            let error = test(&home, &settings).expect_err("nobody is selected");
            assert!(is_named(&error, setting), "{unused:?} {key}: {error}");
        }
        for (key, setting) in
            [("rootPath", "ldap.rootPath"), ("hostname", "ldap.hostname"), ("username", "ldap.username")]
        {
            let mut settings = ldap_data_json(&server, class, attribute);
            unused.write(&mut settings["directoryLdap"], key);
            let error = test(&home, &settings).expect_err("it cannot be reached");
            assert!(is_named(&error, setting), "{unused:?} {key}: {error}");
        }
    }
}

/// Active Directory's names with entries of a plain server: the root is read, from its first `dc=` on, and never `CN=Users`.
#[test]
fn an_active_directory_without_paths_is_read_from_its_root() {
    let person = |name: &str, above: &str| {
        format!(
            "dn: cn={name},{above}dc=ad,dc=test\nobjectClass: inetOrgPerson\nobjectClass: fakeAD\ncn: {name}\nsn: x\nmail: {name}@ad.test\n\n"
        )
    };
    let unit = |dn: &str, class: &str, name: &str| {
        format!("dn: {dn}dc=ad,dc=test\nobjectClass: {class}\n{name}\n\n")
    };
    let ldif = "dn: dc=ad,dc=test\nobjectClass: dcObject\nobjectClass: organization\ndc: ad\no: x\n\n"
        .to_owned()
        + &unit("cn=Users,", "applicationProcess", "cn: Users")
        + &unit("ou=Berlin,", "organizationalUnit", "ou: Berlin")
        + &person("ann", "cn=Users,")
        + &person("ben", "ou=Berlin,")
        + &person("cleo", "");
    let server = Options::new("dc=ad,dc=test").schema(SCHEMA).ldif_text(ldif).start().expect("slapd");
    let home = Home::with_plaintext_secrets().expect("a home");
    let whole = BTreeSet::from(["ann", "ben", "cleo"]);
    let found = |settings: &Value| -> BTreeSet<String> {
        let answer = test(&home, settings).expect("a directory");
        let people = answer["enabledUsers"].as_array().expect("a list").iter();
        people
            .map(|it| {
                it["displayName"].as_str().and_then(|it| it.split('@').next()).expect("an address").to_owned()
            })
            .collect()
    };
    for root in ["dc=ad,dc=test", "OU=Berlin, DC=ad,DC=test", "OU=Nowhere,dc=ad,dc=test"] {
        for unused in UNUSED {
            let mut settings = ldap_data_json(&server, "groupOfNames", "member");
            settings["directoryLdap"]["ad"] = json!(true);
            settings["directoryLdap"]["rootPath"] = json!(root);
            for key in ["userPath", "groupPath", "userObjectClass", "groupObjectClass", "userEmailAttribute"]
            {
                unused.write(&mut settings["sync"], key);
            }
            assert_eq!(
                found(&settings),
                whole.iter().map(|it| (*it).to_owned()).collect(),
                "{root} {unused:?}"
            );
        }
    }
    // What the desktop app writes when it saves is a path like any other.
    let mut settings = ldap_data_json(&server, "groupOfNames", "member");
    settings["directoryLdap"]["ad"] = json!(true);
    settings["sync"]["userPath"] = json!("CN=Users");
    assert_eq!(found(&settings), BTreeSet::from(["ann".to_owned()]));
}

/// `o=corp` has no `dc=`: full distinguished names stand in the paths there, and work.
#[test]
fn a_root_without_dc_takes_whole_names_as_paths() {
    let ldif = "dn: o=corp\nobjectClass: organization\no: corp\n\n\
                dn: ou=people,o=corp\nobjectClass: organizationalUnit\nou: people\n\n\
                dn: cn=ann,ou=people,o=corp\nobjectClass: inetOrgPerson\ncn: ann\nsn: x\nmail: ann@corp.test\n\n\
                dn: cn=ben,o=corp\nobjectClass: inetOrgPerson\ncn: ben\nsn: x\nmail: ben@corp.test\n\n\
                dn: cn=all,o=corp\nobjectClass: groupOfNames\ncn: all\nmember: cn=ann,ou=people,o=corp\n";
    let server = Options::new("o=corp").ldif_text(ldif).start().expect("slapd");
    let home = Home::with_plaintext_secrets().expect("a home");
    let ann = BTreeSet::from(["cn=ann,ou=people,o=corp".to_owned()]);
    let both = BTreeSet::from(["cn=ann,ou=people,o=corp".to_owned(), "cn=ben,o=corp".to_owned()]);
    for (path, expected) in [
        (Some("ou=people,o=corp"), &ann),
        (Some("ou=people, O=Corp"), &ann),
        (Some("o=corp"), &both),
        (None, &both),
    ] {
        for unused in UNUSED {
            let mut settings = ldap_data_json(&server, "groupOfNames", "member");
            match path {
                Some(path) => settings["sync"]["userPath"] = json!(path),
                None => unused.write(&mut settings["sync"], "userPath"),
            }
            unused.write(&mut settings["sync"], "groupPath");
            let answer =
                test(&home, &settings).unwrap_or_else(|error| panic!("{path:?} {unused:?}: {error}"));
            assert_eq!(&ids(&answer, "enabledUsers"), expected, "{path:?} {unused:?}");
            assert_eq!(ids(&answer, "groups").len(), 1);
        }
    }
}

#[test]
fn a_file_without_its_directory_says_what_is_missing() {
    let home = Home::with_plaintext_secrets().expect("a home");
    for kind in 0..5 {
        for directory in [json!({}), Value::Null] {
            let key =
                ["directoryLdap", "directoryEntra", "directoryGsuite", "directoryOkta", "directoryOnelogin"]
                    [kind];
            let error = test(&home, &file(u8::try_from(kind).expect("small"), key, directory))
                .expect_err("nothing is known");
            assert!(!error.trim().is_empty() && !error.contains("panicked"), "{kind}: {error}");
        }
    }
}
