//! Why somebody is in or out, in sentences and as data.

use bwdc_core::desired::{Desired, DuplicateAddresses, NoAddress};
use bwdc_core::snapshot::{AccountState, SetAsideBecause};
use bwdc_engine::explain::{Explained, Subject};
use bwdc_engine::{Unread, UnreadCause};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What an explanation says.
pub fn text(explained: &Explained, who: &str) -> String {
    let desired = &explained.desired;
    if explained.subjects.is_empty() {
        return format!(
            "Nothing in the directory answers to `{who}`, or the reading account may not see it."
        );
    }
    let parts = explained.subjects.iter().map(|subject| match subject {
        Subject::Person(number) => person(desired, *number),
        Subject::Group(number) => group(desired, *number),
        Subject::Unread(unread) => self::unread(unread),
    });
    parts.collect::<Vec<_>>().join("\n\n")
}

/// The same for scripts.
pub fn data(explained: &Explained) -> Value {
    let desired = &explained.desired;
    let subjects: Vec<Value> = explained
        .subjects
        .iter()
        .map(|subject| match subject {
            Subject::Person(number) => {
                let person = &desired.everybody()[*number];
                json!({
                    "kind": "person",
                    "name": desired.text(person.reference),
                    "externalId": desired.text(person.external_id),
                    "email": person.email.map(|it| desired.text(it)),
                    "state": state(person.state),
                    "leftOut": reason(desired, *number),
                    "groups": groups_of(desired, *number),
                })
            }
            Subject::Group(number) => {
                let group = &desired.groups()[*number];
                json!({
                    "kind": "group",
                    "name": desired.text(group.reference),
                    "externalId": desired.text(group.external_id),
                    "displayName": desired.text(group.name),
                    "members": members(desired, *number),
                    "unresolved": unresolved(desired).get(number).cloned().unwrap_or_default(),
                })
            }
            Subject::Unread(unread) => {
                json!({ "kind": "unread", "name": unread.name, "leftOut": why_unread(unread) })
            }
        })
        .collect();
    json!({ "object": "explanation", "subjects": subjects })
}

/// Who is left out, and members that could not be resolved.
pub fn left_out(desired: &Desired) -> String {
    let mut text = String::new();
    let left_out = people_left_out(desired);
    // Writes into a String cannot fail.
    let _ = writeln!(text, "People who are left out ({})", left_out.len());
    for (number, reason) in &left_out {
        let name = desired.text(desired.everybody()[*number].reference);
        let _ = writeln!(text, "  {name}\n    {reason}");
    }
    if !desired.set_aside().is_empty() {
        let _ = writeln!(text, "People who are left out ({})", desired.set_aside().len());
        for one in desired.set_aside() {
            let _ = writeln!(text, "  {}\n    {}", desired.text(one.reference), why_set_aside(one.because));
        }
    }
    let unresolved = unresolved(desired);
    let count: usize = unresolved.values().map(Vec::len).sum();
    let _ = writeln!(text, "Members that are neither a person nor a group that is read ({count})");
    for (group, members) in &unresolved {
        let name = desired.text(desired.groups()[*group].name);
        let _ = writeln!(text, "  {name} ({})", members.len());
        for member in members {
            let _ = writeln!(text, "    {member}");
        }
    }
    text.push_str(
        "What lies outside of bases and filters is not read; `bwdc explain` looks for one entry there.",
    );
    text
}

/// The same for scripts.
pub fn left_out_data(desired: &Desired) -> Value {
    let entry = |reference, external_id, reason: &str| {
        json!({
            "name": desired.text(reference),
            "externalId": desired.text(external_id),
            "leftOut": reason,
        })
    };
    let read = people_left_out(desired).into_iter().map(|(number, reason)| {
        let person = &desired.everybody()[number];
        entry(person.reference, person.external_id, reason)
    });
    let set_aside = desired
        .set_aside()
        .iter()
        .map(|one| entry(one.reference, one.external_id, why_set_aside(one.because)));
    let people: Vec<Value> = read.chain(set_aside).collect();
    let groups: Vec<Value> = unresolved(desired)
        .into_iter()
        .map(|(group, members)| {
            let group = &desired.groups()[group];
            json!({
                "name": desired.text(group.name),
                "externalId": desired.text(group.external_id),
                "unresolved": members,
            })
        })
        .collect();
    json!({ "object": "leftOut", "people": people, "groups": groups })
}

fn why_set_aside(because: SetAsideBecause) -> &'static str {
    match because {
        SetAsideBecause::Guest => "a guest, and `entra.guests` is `skip`",
        SetAsideBecause::StateNotTold => "the directory does not show whether the account is enabled",
        _ => "a setting",
    }
}

/// Addresses that several people have, which stop every sync.
pub fn shared(shared: &DuplicateAddresses) -> String {
    let mut text = format!("Addresses that several people have ({})", shared.0.len());
    for (address, names) in &shared.0 {
        // Writes into a String cannot fail.
        let _ = write!(text, "\n  {address}");
        for name in names {
            let _ = write!(text, "\n    {name}");
        }
    }
    text.push_str("\nNobody can be brought over before each address is one person's. What happens instead is a setting: \
         `bwdc config conflicts.same-address`, and of several sources `bwdc config conflicts.across-sources`.");
    text
}

/// The same for scripts.
pub fn shared_data(shared: &DuplicateAddresses) -> Value {
    let addresses: Vec<Value> =
        shared.0.iter().map(|(address, names)| json!({ "email": address, "names": names })).collect();
    json!({ "object": "sharedAddresses", "addresses": addresses })
}

fn person(desired: &Desired, number: usize) -> String {
    let person = &desired.everybody()[number];
    let verdict = match reason(desired, number) {
        None => "is brought over".to_owned(),
        Some(reason) => format!("is left out: {reason}"),
    };
    let groups = groups_of(desired, number);
    format!(
        "`{}` {verdict}.\n  name in the directory  {}\n  external id            {}\n  account                {}\n  groups ({})             {}",
        desired.display_name(person),
        desired.text(person.reference),
        desired.text(person.external_id),
        state(person.state),
        groups.len(),
        groups.join(", "),
    )
    .trim_end()
    .to_owned()
}

fn group(desired: &Desired, number: usize) -> String {
    let group = &desired.groups()[number];
    let members = members(desired, number);
    let mut text = format!(
        "The group `{}` is brought over; its people: {}.\n  name in the directory  {}\n  external id            {}",
        desired.text(group.name),
        members.len(),
        desired.text(group.reference),
        desired.text(group.external_id),
    );
    for member in members {
        let _ = write!(text, "\n  + {member}");
    }
    if let Some(members) = unresolved(desired).get(&number) {
        let _ = write!(text, "\n  neither a person nor a group that is read ({}):", members.len());
        for member in members {
            let _ = write!(text, "\n  ? {member}");
        }
    }
    text
}

fn unread(unread: &Unread) -> String {
    format!("`{}` is not read: {}.", unread.name, why_unread(unread))
}

fn why_unread(unread: &Unread) -> String {
    match &unread.cause {
        UnreadCause::Elsewhere { as_person, bases, setting } => {
            let kind = if *as_person { "people" } else { "groups" };
            let bases = bases.iter().map(|base| format!("`{base}`")).collect::<Vec<_>>().join(", ");
            format!(
                "the filter of {kind} selects it, but {kind} are looked for under {bases} only (`{setting}`)"
            )
        }
        UnreadCause::NotSelected { people, groups } => {
            format!("neither the filter of people `{people}` nor that of groups `{groups}` selects it")
        }
        UnreadCause::Meanwhile => "it was not there yet, or was different; ask again".to_owned(),
    }
}

fn state(state: AccountState) -> &'static str {
    match state {
        AccountState::Enabled => "enabled",
        AccountState::Disabled => "disabled",
        AccountState::Deleted => "deleted",
    }
}

fn reason(desired: &Desired, number: usize) -> Option<&'static str> {
    let person = &desired.everybody()[number];
    match (person.unusable, person.email) {
        (Some(NoAddress::Shared), _) => {
            Some("others have the same address, and `[conflicts]` in connector.toml leaves all of them out")
        }
        (Some(NoAddress::Replaced { .. }), _) => {
            Some("is disabled, and an enabled entry has the same address")
        }
        _ if !desired.people_wanted() => Some("people are not brought over (`sync.users` is false)"),
        (Some(NoAddress::TooLong), _) => Some("the address is longer than 256 characters"),
        (Some(NoAddress::Missing), _) | (None, None) => Some("there is no address"),
        (None, Some(_)) => None,
    }
}

fn people_left_out(desired: &Desired) -> Vec<(usize, &'static str)> {
    let numbers = 0..desired.everybody().len();
    numbers.filter_map(|number| Some((number, reason(desired, number)?))).collect()
}

fn unresolved(desired: &Desired) -> BTreeMap<usize, Vec<String>> {
    let mut groups: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for it in desired.unresolved() {
        groups.entry(it.group).or_default().push(desired.text(it.member).to_owned());
    }
    groups
}

fn groups_of(desired: &Desired, person: usize) -> Vec<&str> {
    let groups = desired.groups().iter().enumerate();
    let holds = |group: usize| desired.members(group).iter().any(|&it| it as usize == person);
    let mut names: Vec<&str> =
        groups.filter(|(number, _)| holds(*number)).map(|(_, it)| desired.text(it.name)).collect();
    names.sort_unstable();
    names
}

fn members(desired: &Desired, group: usize) -> Vec<&str> {
    let people = desired.members(group).iter().map(|&it| &desired.everybody()[it as usize]);
    people.map(|it| desired.display_name(it)).collect()
}
