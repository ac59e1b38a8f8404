//! Random changes of a domain: after every few of them, reading what changed shows what a full read shows.

use crate::active_directory::following::Following;
use crate::active_directory::setup::Setup;
use bwdc_harness::samba::{Domain, ROOT};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;

const PEOPLE: usize = 6;
const GROUPS: usize = 3;
const ROUNDS: usize = 25;

/// Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Address(usize, u8),
    Department(usize, bool),
    Disable(usize, bool),
    Expire(usize, bool),
    Move(usize, bool),
    Rename(usize, u8),
    Delete(usize),
    Member(usize, usize),
    Nested(usize, usize),
    RenameGroup(usize, u8),
}

fn step() -> impl Strategy<Value = Step> {
    let person = 0..PEOPLE;
    let group = 0..GROUPS;
    prop_oneof![
        (person.clone(), 0..4_u8).prop_map(|(person, to)| Step::Address(person, to)),
        (person.clone(), any::<bool>()).prop_map(|(person, away)| Step::Department(person, away)),
        (person.clone(), any::<bool>()).prop_map(|(person, off)| Step::Disable(person, off)),
        (person.clone(), any::<bool>()).prop_map(|(person, past)| Step::Expire(person, past)),
        (person.clone(), any::<bool>()).prop_map(|(person, out)| Step::Move(person, out)),
        (person.clone(), 0..4_u8).prop_map(|(person, to)| Step::Rename(person, to)),
        person.clone().prop_map(Step::Delete),
        (group.clone(), person).prop_map(|(group, person)| Step::Member(group, person)),
        (group.clone(), group.clone()).prop_map(|(outer, inner)| Step::Nested(outer, inner)),
        (group, 0..4_u8).prop_map(|(group, to)| Step::RenameGroup(group, to)),
    ]
}

/// Where everything is now; None for somebody who was deleted.
struct World<'d> {
    domain: &'d Domain,
    people: Vec<Option<(String, bool)>>,
    groups: Vec<String>,
    members: BTreeSet<(usize, usize)>,
    nested: BTreeSet<(usize, usize)>,
    born: usize,
}

fn base() -> String {
    format!("OU=Random,{ROOT}")
}

fn outside() -> String {
    format!("OU=Beside,{ROOT}")
}

impl<'d> World<'d> {
    fn new(domain: &'d Domain) -> Self {
        let mut ldif = String::new();
        for unit in [base(), outside()] {
            ldif += &format!("dn: {unit}\nobjectClass: organizationalUnit\n\n");
        }
        for group in 0..GROUPS {
            ldif += &format!(
                "dn: CN=Random {group},{}\nobjectClass: group\nsAMAccountName: random{group}\n\n",
                base()
            );
        }
        domain.ldapadd(&ldif).unwrap();
        let groups = (0..GROUPS).map(|group| format!("Random {group}")).collect();
        let people = vec![None; PEOPLE];
        let mut world =
            Self { domain, people, groups, members: BTreeSet::new(), nested: BTreeSet::new(), born: 0 };
        (0..PEOPLE).for_each(|person| world.bear(person));
        world
    }

    fn bear(&mut self, person: usize) {
        self.born += 1;
        let (name, born) = (format!("Somebody {person}"), self.born);
        let ldif = format!(
            "dn: CN={name},{}\nobjectClass: user\nsAMAccountName: somebody{born}\nmail: somebody{born}@example.test\n\
             userAccountControl: 544\n\n",
            base()
        );
        self.domain.ldapadd(&ldif).unwrap();
        self.people[person] = Some((name, false));
    }

    fn dn(&self, person: usize) -> Option<String> {
        let (name, out) = self.people[person].as_ref()?;
        Some(format!("CN={name},{}", if *out { outside() } else { base() }))
    }

    fn group(&self, group: usize) -> String {
        format!("CN={},{}", self.groups[group], base())
    }

    fn modify(&self, dn: &str, lines: &str) {
        self.domain.ldapmodify(&format!("dn: {dn}\nchangetype: modify\n{lines}\n\n")).unwrap();
    }

    fn rename(&self, dn: &str, to: &str, above: &str) {
        let ldif = format!(
            "dn: {dn}\nchangetype: modrdn\nnewrdn: CN={to}\ndeleteoldrdn: 1\nnewsuperior: {above}\n\n"
        );
        self.domain.ldapmodify(&ldif).unwrap();
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Nested(outer, inner) if outer != inner => {
                let present = self.nested.contains(&(outer, inner));
                self.link(outer, &self.group(inner), present);
                if !self.nested.remove(&(outer, inner)) {
                    self.nested.insert((outer, inner));
                }
            }
            Step::Nested(..) => {}
            Step::RenameGroup(group, to) => {
                let name = format!("Random {group} {to}");
                if self.groups[group] != name {
                    self.rename(&self.group(group), &name, &base());
                    self.groups[group] = name;
                }
            }
            Step::Address(person, _)
            | Step::Department(person, _)
            | Step::Disable(person, _)
            | Step::Expire(person, _)
            | Step::Move(person, _)
            | Step::Rename(person, _)
            | Step::Delete(person)
            | Step::Member(_, person) => match self.dn(person) {
                // Whoever was deleted comes back as somebody else under the same name.
                None => self.bear(person),
                Some(dn) => self.change(step, person, &dn),
            },
        }
    }

    fn change(&mut self, step: &Step, person: usize, dn: &str) {
        let (name, out) = self.people[person].clone().unwrap();
        match *step {
            Step::Address(_, to) => {
                let address = format!("somebody{person}.{to}@example.test");
                self.modify(dn, &format!("replace: mail\nmail: {address}"));
            }
            Step::Department(_, away) => {
                let department = if away { "away" } else { "here" };
                self.modify(dn, &format!("replace: department\ndepartment: {department}"));
            }
            Step::Disable(_, off) => {
                let control = if off { 546 } else { 544 };
                self.modify(dn, &format!("replace: userAccountControl\nuserAccountControl: {control}"));
            }
            Step::Expire(_, past) => {
                let time = if past { "116444736000000000" } else { "0" };
                self.modify(dn, &format!("replace: accountExpires\naccountExpires: {time}"));
            }
            Step::Move(_, to) if to != out => {
                self.rename(dn, &name, &if to { outside() } else { base() });
                self.people[person] = Some((name, to));
            }
            Step::Rename(_, to) => {
                let new = format!("Somebody {person} {to}");
                if new != name {
                    self.rename(dn, &new, &if out { outside() } else { base() });
                    self.people[person] = Some((new, out));
                }
            }
            Step::Delete(_) => {
                self.domain.ldapmodify(&format!("dn: {dn}\nchangetype: delete\n\n")).unwrap();
                self.people[person] = None;
                self.members.retain(|(_, member)| *member != person);
            }
            Step::Member(group, _) => {
                let present = self.members.contains(&(group, person));
                self.link(group, dn, present);
                if !self.members.remove(&(group, person)) {
                    self.members.insert((group, person));
                }
            }
            _ => {}
        }
    }

    fn link(&self, group: usize, member: &str, present: bool) {
        let verb = if present { "delete" } else { "add" };
        self.modify(&self.group(group), &format!("{verb}: member\nmember: {member}"));
    }
}

#[expect(clippy::print_stderr, reason = "a failure has to show the changes that led to it")]
pub(crate) async fn changes_are_followed(domain: &Domain) {
    let mut world = World::new(domain);
    let mut setup = Setup::new(domain);
    setup.sync.insert("userFilter".to_owned(), "(!(department=away))".into());
    setup.options.user_paths = vec!["OU=Random".to_owned()];
    setup.options.group_paths = vec!["OU=Random".to_owned()];
    setup.options.disabled_by = vec!["userAccountControl".to_owned(), "accountExpires".to_owned()];
    let mut following = Following::new(domain, setup);
    assert_eq!(following.follow().await, None, "the first read is a full one");
    let mut runner = TestRunner::default();
    let rounds = vec(vec(step(), 1..5), ROUNDS).new_tree(&mut runner).unwrap().current();
    let mut incremental = 0;
    for (number, round) in rounds.iter().enumerate() {
        eprintln!("round {number}: {round:?}");
        round.iter().for_each(|step| world.take(step));
        incremental += usize::from(following.follow().await.is_some());
    }
    assert!(incremental > ROUNDS / 2, "{incremental} of {ROUNDS} rounds were read by what changed");
}
