//! Law 2 against a real server: a unit that is renamed, emptied or deleted keeps nobody in, and an accident takes nobody out at
//! once.

use crate::laws::stage::{LDAP_PASSWORD, READER, SUFFIX, Stage, mail};
use bwdc_harness::slapd::{Options as Slapd, Slapd as Server};
use bwdc_sandbox::organization::{MemberStatus, Options};

pub(super) fn in_unit(name: &str, unit: &str) -> String {
    format!("cn={name},ou={unit},{SUFFIX}")
}

fn person(name: &str, unit: &str) -> String {
    format!(
        "dn: {}\nobjectClass: inetOrgPerson\ncn: {name}\nsn: {name}\nmail: {}\n\n",
        in_unit(name, unit),
        mail(name)
    )
}

pub(super) fn delete(name: &str) -> String {
    format!("dn: {name}\nchangetype: delete\n\n")
}

fn rename(name: &str, new: &str, unit: &str) -> String {
    format!("dn: {name}\nchangetype: modrdn\nnewrdn: {new}\ndeleteoldrdn: 1\nnewsuperior: {unit}\n\n")
}

/// Forty people in `ou=people`, and these in units of their own.
pub(super) fn company(units: &[(&str, &[&str])]) -> Server {
    let mut ldif = format!(
        "dn: {SUFFIX}\nobjectClass: domain\ndc: example\n\n\
         dn: {READER}\nobjectClass: person\ncn: reader\nsn: reader\nuserPassword: {LDAP_PASSWORD}\n\n"
    );
    let unit =
        |name: &str| format!("dn: ou={name},{SUFFIX}\nobjectClass: organizationalUnit\nou: {name}\n\n");
    ldif += &unit("people");
    ldif.extend((0..40).map(|number| person(&format!("p{number:02}"), "people")));
    for (name, people) in units {
        ldif += &unit(name);
        ldif.extend(people.iter().map(|it| person(it, name)));
    }
    Slapd::new(SUFFIX).ldif_text(ldif).start().expect("a slapd")
}

/// An installation that has brought everybody over.
pub(super) fn settled(server: &Server, connector: &str) -> Stage {
    let stage = Stage::new(Options::official(), connector, |_| {});
    stage.point("directoryLdap", "port", server.port().into());
    stage.sync();
    stage.everybody_confirms();
    stage.sync();
    stage
}

pub(super) const REVOKING: &str =
    "[leavers]\ngone = \"revoke\"\nout-of-scope = \"keep\"\nhidden-grace-hours = 0\n";

#[test]
fn law_02_a_leaver_of_a_renamed_unit_loses_access() {
    let server = company(&[("sales", &["stays", "leaver"])]);
    let stage = settled(&server, REVOKING);
    let (old, units) = (format!("ou=sales,{SUFFIX}"), SUFFIX);
    server
        .ldapmodify(&(delete(&in_unit("leaver", "sales")) + &rename(&old, "ou=revenue", units)))
        .expect("a change");
    let plan = stage.run(&["plan"]).stdout;
    let unit = plan.find(&format!("The unit `{old}` cannot be read")).expect("the unit is named");
    assert!(plan[unit..].contains("`leavers.hidden`") && plan[unit..].contains(&mail("leaver")), "{plan}");
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stderr.contains(&old), "{}", output.stderr);
    assert_eq!(stage.state().status("leaver"), Some(MemberStatus::Revoked));
    assert_eq!(stage.state().status("stays"), Some(MemberStatus::Confirmed));
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0], "run again with nothing new");
}

#[test]
fn law_02_a_leaver_of_an_emptied_or_deleted_unit_loses_access() {
    let server = company(&[("emptied", &["first"]), ("deleted", &["second"])]);
    let stage = settled(&server, REVOKING);
    let changes = [in_unit("first", "emptied"), in_unit("second", "deleted"), format!("ou=deleted,{SUFFIX}")];
    server.ldapmodify(&changes.iter().map(|it| delete(it)).collect::<String>()).expect("a change");
    stage.sync();
    for name in ["first", "second"] {
        assert_eq!(stage.state().status(name), Some(MemberStatus::Revoked), "{name}");
    }
}

/// Moved out of what is selected, and months later the new unit is deleted with everybody in it.
#[test]
fn law_02_who_was_moved_and_is_deleted_later_loses_access() {
    let server = company(&[("archive", &[])]);
    let stage = settled(&server, REVOKING);
    let mut settings = stage.home.data_json().expect("readable");
    settings["sync"]["userPath"] = "ou=people".into();
    stage.home.write_data_json(&settings).expect("a data file");
    let archive = format!("ou=archive,{SUFFIX}");
    server.ldapmodify(&rename(&in_unit("p07", "people"), "cn=p07", &archive)).expect("a change");
    for _ in 0..2 {
        stage.sync();
        assert_eq!(stage.state().status("p07"), Some(MemberStatus::Confirmed), "out of scope, and kept");
    }
    server.ldapmodify(&(delete(&in_unit("p07", "archive")) + &delete(&archive))).expect("a change");
    let plan = stage.run(&["plan"]).stdout;
    assert!(plan.contains(&format!("The unit `{archive}` cannot be read")), "{plan}");
    stage.sync();
    assert_eq!(stage.state().status("p07"), Some(MemberStatus::Revoked));
}

/// Twenty people at once are more than one run takes; each waits for a day in any case, and who is brought back has lost
/// nothing.
#[test]
fn law_02_people_who_vanish_with_their_unit_are_held_by_grace_and_limits() {
    let names: Vec<String> = (0..20).map(|number| format!("u{number:02}")).collect();
    let people: Vec<&str> = names.iter().map(String::as_str).collect();
    let server = company(&[("team", &people)]);
    let stage = settled(&server, "[leavers]\ngone = \"revoke\"\n");
    let team = format!("ou=team,{SUFFIX}");
    let everybody: String = names.iter().map(|it| delete(&in_unit(it, "team"))).collect();
    server.ldapmodify(&(everybody + &delete(&team))).expect("a change");
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0], "a day of grace");
    let connector = stage.home.data_folder().join("connector.toml");
    std::fs::write(&connector, "[leavers]\ngone = \"revoke\"\nhidden-grace-hours = 0\n")
        .expect("our settings");
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    assert!(output.stderr.contains("20 of 60"), "{}", output.stderr);
    assert_eq!(stage.writes(), [""; 0]);
}

/// An installation that is taken over keeps its behaviour: it takes nobody who is gone.
#[test]
fn law_02_without_a_line_for_the_gone_the_hidden_stay() {
    let server = company(&[("sales", &["leaver"])]);
    let stage = settled(&server, "[leavers]\nhidden-grace-hours = 0\n");
    server
        .ldapmodify(&(delete(&in_unit("leaver", "sales")) + &delete(&format!("ou=sales,{SUFFIX}"))))
        .expect("a change");
    stage.sync();
    assert_eq!(stage.state().status("leaver"), Some(MemberStatus::Confirmed));
}
