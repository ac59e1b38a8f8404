//! The directory of the demo: a company of fifty people that exists nowhere, and the changes its story goes through.
//!
//! It holds what directories of real companies surprise their administrators with: names in several scripts, people
//! without an address, disabled accounts, groups within groups, two groups that hold each other, and an empty one.

use crate::ldap::ldif::{Attribute, Record, write_record};
use crate::ldap::{Server, TreeError};

use super::roster::{GROUPS, Member, PEOPLE, Person, State};

const SUFFIX: &str = "dc=example,dc=test";

/// The company's directory and the roles in the demo's story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// All entries, as LDIF.
    pub ldif: String,
    /// The entry above all others.
    pub suffix: String,
    /// The name of the entry above all people.
    pub people: String,
    /// The name of the entry above all groups.
    pub groups: String,
    /// Who comes.
    pub joiner: Joiner,
    /// Who goes.
    pub leaver_dn: String,
    /// Who takes another name.
    pub renamed: RenamedPerson,
    /// Who moves from one group to another.
    pub moved: MovedMembership,
}

/// Somebody who is not in the directory yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joiner {
    /// The entry to add, as LDIF.
    pub ldif: String,
    /// Its name.
    pub dn: String,
    /// Its address.
    pub email: String,
    /// The group that it becomes a member of.
    pub group_dn: String,
}

/// Somebody whose surname, address and distinguished name change at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenamedPerson {
    /// The name of the entry before.
    pub dn: String,
    /// The name of the entry after.
    pub new_dn: String,
    /// The address before.
    pub email: String,
    /// The address after.
    pub new_email: String,
    /// The full name after.
    pub new_name: String,
    /// The surname after.
    pub new_surname: String,
}

/// A membership that moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedMembership {
    /// The member.
    pub member_dn: String,
    /// The group it leaves.
    pub from_group_dn: String,
    /// The group it enters.
    pub to_group_dn: String,
}

impl Company {
    /// Lets the joiner come: adds the entry and the membership.
    ///
    /// # Errors
    /// The entry is there already.
    pub fn join(&self, server: &Server) -> Result<(), TreeError> {
        server.add(&self.joiner.ldif)?;
        server.add_value(&self.joiner.group_dn, "member", &self.joiner.dn)
    }

    /// Lets the leaver go: deletes the entry. Groups keep naming it, as where nothing guards references.
    ///
    /// # Errors
    /// The entry is gone already.
    pub fn leave(&self, server: &Server) -> Result<(), TreeError> {
        server.delete(&self.leaver_dn)
    }

    /// Gives the renamed person the new name everywhere, memberships included.
    ///
    /// # Errors
    /// The entry has its new name already.
    pub fn rename(&self, server: &Server) -> Result<(), TreeError> {
        let renamed = &self.renamed;
        server.rename_with_references(&renamed.dn, &renamed.new_dn)?;
        server.modify(&renamed.new_dn, "sn", [&renamed.new_surname])?;
        server.modify(&renamed.new_dn, "cn", [&renamed.new_name])?;
        server.modify(&renamed.new_dn, "displayName", [&renamed.new_name])?;
        server.modify(&renamed.new_dn, "mail", [&renamed.new_email])
    }

    /// Moves the membership from one group to the other.
    ///
    /// # Errors
    /// A group is gone.
    pub fn move_membership(&self, server: &Server) -> Result<(), TreeError> {
        let moved = &self.moved;
        server.remove_value(&moved.from_group_dn, "member", &moved.member_dn)?;
        server.add_value(&moved.to_group_dn, "member", &moved.member_dn)
    }
}

/// The demo's company. Every call gives the same.
#[must_use]
pub fn company() -> Company {
    let mut ldif = String::from("version: 1\n\n");
    for record in containers() {
        append(&mut ldif, &record);
    }
    for (number, person) in PEOPLE.iter().enumerate() {
        append(&mut ldif, &entry(person, 1_001 + number));
    }
    for (name, description, members) in &GROUPS {
        append(&mut ldif, &group(name, description, members));
    }
    let joiner: Person = ("mahina.stoltenau", "Māhina", "Stoltenau", "Software Engineer", State::Enabled);
    let mut joiner_ldif = String::new();
    append(&mut joiner_ldif, &entry(&joiner, 1_001 + PEOPLE.len()));
    Company {
        ldif,
        suffix: SUFFIX.to_owned(),
        people: format!("ou=People,{SUFFIX}"),
        groups: format!("ou=Groups,{SUFFIX}"),
        joiner: Joiner {
            ldif: joiner_ldif,
            dn: person_dn(joiner.0),
            email: address(joiner.0),
            group_dn: group_dn("Engineering"),
        },
        leaver_dn: person_dn("rafael.pinhalto"),
        renamed: RenamedPerson {
            dn: person_dn("birgit.aschenmoor"),
            new_dn: person_dn("birgit.lindqvara"),
            email: address("birgit.aschenmoor"),
            new_email: address("birgit.lindqvara"),
            new_name: "Birgit Lindqvåra".to_owned(),
            new_surname: "Lindqvåra".to_owned(),
        },
        moved: MovedMembership {
            member_dn: person_dn("keala.maunaloha"),
            from_group_dn: group_dn("Quality"),
            to_group_dn: group_dn("Platform"),
        },
    }
}

fn containers() -> [Record; 3] {
    let unit = |name: &str| {
        record(
            format!("ou={name},{SUFFIX}"),
            &[("objectClass", &["organizationalUnit"][..]), ("ou", &[name])],
        )
    };
    [
        record(
            SUFFIX.to_owned(),
            &[
                ("objectClass", &["dcObject", "organization"][..]),
                ("dc", &["example"]),
                ("o", &["Example Company"]),
            ],
        ),
        unit("People"),
        unit("Groups"),
    ]
}

fn entry(&(login, given, surname, title, state): &Person, number: usize) -> Record {
    let (name, number, email) = (format!("{given} {surname}"), number.to_string(), address(login));
    let control = if state == State::Disabled { "514" } else { "512" };
    let mut attributes: Vec<(&str, &[&str])> = Vec::new();
    let (names, numbers, emails) = ([name.as_str()], [number.as_str()], [email.as_str()]);
    let (logins, givens, surnames, titles, controls) = ([login], [given], [surname], [title], [control]);
    attributes.push(("objectClass", &["inetOrgPerson", "sandboxAccount"]));
    attributes.push(("uid", &logins));
    attributes.push(("cn", &names));
    attributes.push(("sn", &surnames));
    attributes.push(("givenName", &givens));
    attributes.push(("displayName", &names));
    if state != State::WithoutAddress {
        attributes.push(("mail", &emails));
    }
    attributes.push(("title", &titles));
    attributes.push(("employeeNumber", &numbers));
    attributes.push(("userAccountControl", &controls));
    record(person_dn(login), &attributes)
}

fn group(name: &str, description: &str, members: &[Member]) -> Record {
    let members: Vec<String> = members
        .iter()
        .map(|member| match member {
            Member::Person(login) => person_dn(login),
            Member::Group(name) => group_dn(name),
        })
        .collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    let (names, descriptions) = ([name], [description]);
    let mut attributes: Vec<(&str, &[&str])> =
        vec![("objectClass", &["groupOfNames"]), ("cn", &names), ("description", &descriptions)];
    if !members.is_empty() {
        attributes.push(("member", &members));
    }
    record(group_dn(name), &attributes)
}

fn record(dn: String, attributes: &[(&str, &[&str])]) -> Record {
    let attributes = attributes
        .iter()
        .map(|(name, values)| Attribute {
            name: (*name).to_owned(),
            values: values.iter().map(|value| value.as_bytes().to_vec()).collect(),
        })
        .collect();
    Record { dn, attributes }
}

fn append(text: &mut String, record: &Record) {
    let mut bytes = Vec::new();
    write_record(&mut bytes, record).expect("writing into memory does not fail");
    text.push_str(&String::from_utf8_lossy(&bytes));
}

fn address(login: &str) -> String {
    format!("{login}@example.test")
}

fn person_dn(login: &str) -> String {
    format!("uid={login},ou=People,{SUFFIX}")
}

fn group_dn(name: &str) -> String {
    format!("cn={},ou=Groups,{SUFFIX}", name.replace(',', "\\,"))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::ldap::dn::Dn;
    use crate::ldap::ldif;

    fn values(record: &Record, name: &str) -> Vec<String> {
        let found = record.attributes.iter().filter(|attribute| attribute.name == name);
        found.flat_map(|each| &each.values).map(|value| String::from_utf8(value.clone()).unwrap()).collect()
    }

    fn records() -> BTreeMap<Dn, Record> {
        let records = ldif::parse(&company().ldif).unwrap();
        records.into_iter().map(|record| (Dn::parse(&record.dn).unwrap(), record)).collect()
    }

    fn members(record: &Record) -> Vec<Dn> {
        values(record, "member").iter().map(|value| Dn::parse(value).unwrap()).collect()
    }

    #[test]
    fn it_holds_what_the_demo_promises() {
        let records = records();
        assert_eq!(records.len(), 3 + 50 + 12);
        let people: Vec<&Record> =
            records.values().filter(|record| values(record, "objectClass")[0] == "inetOrgPerson").collect();
        let with = |name: &str, value: &str| {
            people.iter().filter(|person| values(person, name) == [value.to_owned()]).count()
        };
        assert_eq!((with("userAccountControl", "514"), with("userAccountControl", "512")), (3, 47));
        let addresses: BTreeSet<String> = people.iter().flat_map(|person| values(person, "mail")).collect();
        assert_eq!(addresses.len(), 48);
        assert!(addresses.iter().all(|address| address.is_ascii() && address.ends_with("@example.test")));
    }

    #[test]
    fn every_member_exists_and_everybody_belongs_somewhere_but_the_one_who_left() {
        let records = records();
        let named: BTreeSet<Dn> = records.values().flat_map(members).collect();
        assert!(named.iter().all(|name| records.contains_key(name)));
        let unnamed: Vec<&str> = records
            .iter()
            .filter(|(dn, record)| record.dn.starts_with("uid=") && !named.contains(dn))
            .map(|(_, record)| record.dn.as_str())
            .collect();
        assert_eq!(unnamed, [person_dn("anselm.quarrington")]);
    }

    #[test]
    fn groups_nest_three_deep_and_two_hold_each_other() {
        let records = records();
        let holds = |outer: &str, inner: &str| {
            let outer = &records[&Dn::parse(&group_dn(outer)).unwrap()];
            members(outer).contains(&Dn::parse(&group_dn(inner)).unwrap())
        };
        assert!(holds("All Staff", "Engineering"));
        assert!(holds("Engineering", "Platform"));
        assert!(holds("Platform", "On-Call 24/7"));
        assert!(holds("Sales", "Sales, North"));
        assert!(holds("Project Alder", "Project Birch") && holds("Project Birch", "Project Alder"));
        assert!(members(&records[&Dn::parse(&group_dn("Alumni")).unwrap()]).is_empty());
    }

    #[test]
    fn the_story_can_be_played() {
        let company = company();
        let server = Server::start_blocking(crate::ldap::Options::anonymous(company.ldif.clone())).unwrap();
        company.join(&server).unwrap();
        company.leave(&server).unwrap();
        company.rename(&server).unwrap();
        company.move_membership(&server).unwrap();
        let member = |group: &str, dn: &str| {
            let wanted = Dn::parse(dn).unwrap();
            members(&server.entry(&group_dn(group)).unwrap()).contains(&wanted)
        };
        assert!(member("Engineering", &company.joiner.dn));
        assert!(server.entry(&company.leaver_dn).is_none());
        assert!(member("Engineering", &company.leaver_dn));
        let renamed = server.entry(&company.renamed.new_dn).unwrap();
        assert_eq!(values(&renamed, "mail"), [company.renamed.new_email.as_str()]);
        assert_eq!(values(&renamed, "uid"), ["birgit.lindqvara"]);
        assert!(member("Sales", &company.renamed.new_dn) && !member("Sales", &company.renamed.dn));
        assert!(!member("Quality", &company.moved.member_dn) && member("Platform", &company.moved.member_dn));
        let again = company.join(&server);
        assert_eq!(again, Err(TreeError::Exists(company.joiner.dn)));
    }
}
