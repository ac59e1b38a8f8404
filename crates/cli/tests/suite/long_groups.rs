//! A server that hands out long lists in parts by itself: the list arrives whole, and its length costs no memory to speak of.

#![expect(clippy::unwrap_used, reason = "a failed expectation is how a test speaks, its helpers included")]

use bwdc_harness::home::Home;
use bwdc_harness::measure::measure;
use bwdc_sandbox::ldap::{Options, Server};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs::{self, File};

const SUFFIX: &str = "dc=example,dc=test";
const READER: &str = "cn=reader,dc=example,dc=test";
const PASSWORD: &str = "reader's password";
const PEOPLE: usize = 2500;
/// What Active Directory shows of one attribute at once (`MaxValRange`).
const AT_ONCE: usize = 1500;
const ROUNDS: usize = 3;

fn directory(members: usize) -> Server {
    let mut ldif = format!("dn: {SUFFIX}\nobjectClass: domain\ndc: example\n\n");
    for number in 0..PEOPLE {
        writeln!(
            ldif,
            "dn: uid=u{number},{SUFFIX}\nobjectClass: inetOrgPerson\nuid: u{number}\ncn: {number}\nsn: {number}\n\
             mail: u{number}@example.test\n"
        )
        .unwrap();
    }
    write!(ldif, "dn: cn=Everybody,{SUFFIX}\nobjectClass: groupOfNames\ncn: Everybody\n").unwrap();
    for number in 0..members {
        writeln!(ldif, "member: uid=u{number},{SUFFIX}").unwrap();
    }
    let options = Options::with_bind(ldif, READER, PASSWORD);
    Server::start_blocking(Options { value_limit: Some(AT_ONCE), ..options }).unwrap()
}

fn home(server: &Server) -> Home {
    let home = Home::with_plaintext_secrets().unwrap();
    home.write_data_json(&json!({
        "stateVersion": 8,
        "appId": "0d7c1c0e-53a4-4f0c-8f0a-64c1b86b1c55",
        "directoryType": 0,
        "directoryLdap": {
            "hostname": "127.0.0.1", "port": server.port(), "rootPath": SUFFIX, "username": READER,
            "password": PASSWORD, "pagedSearch": true
        },
        "sync": {
            "users": true, "groups": true, "groupObjectClass": "groupOfNames", "userObjectClass": "inetOrgPerson",
            "memberAttribute": "member"
        },
        "apiKeyClientId": "organization.6d1f7f0a-3f0b-4e0e-9a5b-2c1f6a7c9d10",
        "apiKeyClientSecret": "not-a-real-secret",
        "accessToken": "e30.eyJleHAiOjQxMDI0NDQ4MDB9.c2ln",
        "organizationId": "6d1f7f0a-3f0b-4e0e-9a5b-2c1f6a7c9d10"
    }))
    .unwrap();
    home
}

/// The peak of `bwdc test` in bytes, the least of some runs, and how many members the group has in its answer.
fn peak(members: usize) -> (u64, usize) {
    let server = directory(members);
    let home = home(&server);
    let answer = home.path().join("answer.json");
    let mut least = u64::MAX;
    for _ in 0..ROUNDS {
        let mut command = home.command(env!("CARGO_BIN_EXE_bwdc"), &["test"]);
        let measured = measure(command.stdout(File::create(&answer).unwrap())).unwrap();
        assert!(measured.status.success());
        least = least.min(measured.peak_resident);
    }
    let answer: Value = serde_json::from_slice(&fs::read(&answer).unwrap()).unwrap();
    assert_eq!(answer["enabledUsers"].as_array().unwrap().len(), PEOPLE);
    (least, answer["groups"][0]["userIds"].as_array().unwrap().len())
}

#[test]
fn a_group_of_ten_times_the_members_takes_hardly_more_memory() {
    let (short, few) = peak(PEOPLE / 10);
    let (long, all) = peak(PEOPLE);
    assert_eq!((few, all), (PEOPLE / 10, PEOPLE));
    let ratio = long as f64 / short as f64;
    eprintln!("{short} bytes with {few} members, {long} with {all}: {ratio:.3}");
    assert!(ratio <= 1.1, "{ratio:.3}");
}
