//! Why somebody is in or out, in sentences and as data.

mod leaver;
mod unresolved;

use crate::foreign::fit_in_a_line;
use crate::{change, text};
use bwdc_core::desired::{Desired, DesiredPerson, DuplicateAddresses, NoAddress};
use bwdc_core::plan::{Cause, LeftOutBecause};
use bwdc_core::plan::{Standing, Subject as Named};
use bwdc_core::snapshot::{AccountState, SetAsideBecause};
use bwdc_engine::explain::{Explained, Subject};
use bwdc_engine::{Unread, UnreadCause};
use leaver::{Leaver, leavers, stays, would};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// What an explanation says.
pub fn text(explained: &Explained, who: &str) -> String {
    if explained.subjects.is_empty() {
        let members = leavers(explained, who);
        if !members.is_empty() {
            return members.iter().map(Leaver::text).collect::<Vec<_>>().join("\n\n");
        }
        let nothing = text!(
            "explain.nothing",
            "Nothing in the directory is called `{who}`, or the reading account may not see it. Ask by address or external id for \
             someone who has left.",
            who
        );
        return match not_synced(&explained.desired) {
            Some(reason) => format!("{nothing} {reason}"),
            None => nothing,
        };
    }
    let parts = explained.subjects.iter().map(|subject| match subject {
        Subject::Person(number) => person(explained, *number),
        Subject::Group(number) => group(explained, *number),
        Subject::SetAside(number) => set_aside(&explained.desired, *number),
        Subject::Unread(unread) => self::unread(&explained.desired, unread),
    });
    parts.collect::<Vec<_>>().join("\n\n")
}

/// The same for scripts.
pub fn data(explained: &Explained, who: &str) -> Value {
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
                    "leftOut": reason(desired, *number).or_else(|| waits(explained, *number)),
                    "nextSync": next_sync(explained, *number),
                    "groups": groups_of(desired, *number),
                })
            }
            Subject::Group(number) => {
                let group = &desired.groups()[*number];
                let (members, left_out) = members_by_use(explained, *number);
                json!({
                    "kind": "group",
                    "name": desired.text(group.reference),
                    "externalId": desired.text(group.external_id),
                    "displayName": desired.text(group.name),
                    "members": members,
                    "leftOut": left_out
                        .into_iter()
                        .map(|(name, reason)| json!({ "name": name, "leftOut": reason }))
                        .collect::<Vec<_>>(),
                    "unresolved": unresolved::by_group(desired).remove(number).unwrap_or_default(),
                    "nextSync": next_sync_of_group(explained, *number),
                })
            }
            Subject::SetAside(number) => {
                let one = &desired.set_aside()[*number];
                json!({
                    "kind": "person",
                    "name": desired.text(one.reference),
                    "externalId": desired.text(one.external_id),
                    "leftOut": why_set_aside(one.because),
                })
            }
            Subject::Unread(unread) => {
                json!({ "kind": "unread", "name": unread.name, "leftOut": why_unread(desired, unread) })
            }
        })
        .collect();
    let members = leavers(explained, who).into_iter().filter(|_| explained.subjects.is_empty());
    let members = members.map(|it| {
        let (name, id) = (&it.person.name, it.person.external_id.as_str());
        json!({ "kind": "member", "name": name, "externalId": id, "email": name, "nextSync": it.next })
    });
    let subjects: Vec<Value> = subjects.into_iter().chain(members).collect();
    json!({ "object": "explanation", "subjects": subjects })
}

/// Who is left out, and members that could not be resolved.
pub fn left_out(desired: &Desired) -> String {
    let mut text = String::new();
    let left_out = people_left_out(desired);
    // Writes into a String cannot fail.
    let people = left_out.len() + desired.set_aside().len();
    let _ = writeln!(text, "{}", text!("explain.left-out", "People who are left out ({people})", people));
    for (number, reason) in &left_out {
        let name = desired.text(desired.everybody()[*number].reference);
        let _ = writeln!(text, "  {name}\n    {reason}");
    }
    for one in desired.set_aside() {
        let _ = writeln!(text, "  {}\n    {}", desired.text(one.reference), why_set_aside(one.because));
    }
    text.push_str(&unresolved::of_everybody(desired));
    text.push_str(&text!(
        "explain.outside",
        "Entries outside the search bases and filters are not read; `bwdc explain` looks for one entry there."
    ));
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
        entry(person.reference, person.external_id, &reason)
    });
    let set_aside = desired
        .set_aside()
        .iter()
        .map(|one| entry(one.reference, one.external_id, &why_set_aside(one.because)));
    let people: Vec<Value> = read.chain(set_aside).collect();
    let groups: Vec<Value> = unresolved::by_group(desired)
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

fn why_set_aside(because: SetAsideBecause) -> String {
    match because {
        SetAsideBecause::Guest => text!("explain.guest", "a guest, and `entra.guests` is `skip`"),
        SetAsideBecause::StateNotTold => {
            text!("explain.state-not-shown", "the directory does not show whether the account is enabled")
        }
        _ => text!("explain.setting", "a setting"),
    }
}

/// Everybody who is left out with the reason, and members that could not be resolved.
pub(crate) fn each_left_out(desired: &Desired) -> Vec<(String, String)> {
    let read = people_left_out(desired).into_iter();
    let people =
        read.map(|(number, why)| (desired.text(desired.everybody()[number].reference).to_owned(), why));
    let aside = desired.set_aside().iter();
    let aside = aside.map(|one| (desired.text(one.reference).to_owned(), why_set_aside(one.because)));
    let members = unresolved::each(desired);
    people.chain(aside).chain(members).collect()
}

/// Addresses that several people have, which stop every sync.
pub fn shared(shared: &DuplicateAddresses) -> String {
    let addresses = shared.0.len();
    let mut text = text!("explain.shared", "Addresses that several people have ({addresses})", addresses);
    for (address, names) in &shared.0 {
        // Writes into a String cannot fail.
        let _ = write!(text, "\n  {}", fit_in_a_line(address));
        for name in names {
            let _ = write!(text, "\n    {}", fit_in_a_line(name));
        }
    }
    text.push('\n');
    text.push_str(&text!(
        "explain.shared-cure",
        "Nobody is brought over until each address belongs to one person, or a setting says what happens instead: `bwdc \
         config conflicts.same-address`, and for several sources `bwdc config conflicts.across-sources`."
    ));
    text
}

/// The same for scripts.
pub fn shared_data(shared: &DuplicateAddresses) -> Value {
    let addresses: Vec<Value> =
        shared.0.iter().map(|(address, names)| json!({ "email": address, "names": names })).collect();
    json!({ "object": "sharedAddresses", "addresses": addresses })
}

/// Why the plan does not bring somebody over who is read and has an address; None: it does, or there is none.
fn waits(explained: &Explained, number: usize) -> Option<String> {
    let (desired, plan) = (&explained.desired, explained.plan.as_ref()?);
    let person = &desired.everybody()[number];
    let reference = desired.text(person.reference);
    let own_id = desired.text(person.external_id);
    if let Some(left_out) = plan.left_out.iter().find(|it| it.reference == reference) {
        return Some(change::left_out(&left_out.because));
    }
    let is_it = |it: &&Standing| match it {
        Standing::AddressOfLeaver { entry, .. } => entry == reference,
        Standing::ExternalIdTaken { person: waiting, .. } => {
            waiting.external_id.as_str() == own_id && waiting.name == desired.display_name(person)
        }
        Standing::IdOfAnother { about, group: false, .. } => {
            about.external_id.as_str() == own_id && about.name == desired.display_name(person)
        }
        Standing::AddressOfAnother { person: waiting, .. } => waiting.external_id.as_str() == own_id,
        _ => false,
    };
    plan.standing.iter().find(is_it).map(|it| change::standing(it, plan.server()).1)
}

/// What the next sync does about somebody, one line each.
fn next_sync(explained: &Explained, number: usize) -> Vec<String> {
    let (desired, Some(plan)) = (&explained.desired, &explained.plan) else { return Vec::new() };
    let person = &desired.everybody()[number];
    let own_id = desired.text(person.external_id);
    let email = person.email.map(|it| desired.text(it));
    let is_it = |it: &Named| it.external_id.as_str() == own_id || email == Some(it.name.as_str());
    let changes =
        plan.changes.iter().filter(|it| it.person().is_some_and(is_it)).map(|it| would(explained, it));
    let kept = plan.kept.iter().filter(|it| it.person.external_id.as_str() == own_id);
    changes.chain(kept.map(stays)).collect()
}

/// What the next sync does about a group, one line each.
fn next_sync_of_group(explained: &Explained, number: usize) -> Vec<String> {
    let (desired, Some(plan)) = (&explained.desired, &explained.plan) else { return Vec::new() };
    let group = &desired.groups()[number];
    let (own_id, name) = (desired.text(group.external_id), desired.text(group.name));
    let is_it = |it: &Named| it.external_id.as_str() == own_id || it.name == name;
    let left_out = plan.left_out.iter().filter(|it| it.reference == desired.text(group.reference));
    let changes = plan.changes.iter().filter(|it| it.person().is_none() && is_it(it.subject()));
    left_out.map(|it| change::left_out(&it.because)).chain(changes.map(|it| would(explained, it))).collect()
}

fn person(explained: &Explained, number: usize) -> String {
    let desired = &explained.desired;
    let person = &desired.everybody()[number];
    let who = desired.display_name(person);
    let verdict = match (reason(desired, number), waits(explained, number)) {
        (Some(reason), _) => text!("explain.person-left-out", "`{who}` is left out: {reason}.", who, reason),
        (None, Some(reason)) => {
            text!("explain.person-waits", "`{who}` is not brought over for now: {reason}.", who, reason)
        }
        (None, None) => text!("explain.person", "`{who}` is brought over.", who),
    };
    let next = next_sync(explained, number);
    let groups = groups_of(desired, number);
    let number = groups.len();
    let rows = [
        (text!("explain.name", "name in the directory"), desired.text(person.reference).to_owned()),
        (text!("explain.external-id", "external id"), desired.text(person.external_id).to_owned()),
        (text!("explain.account", "account"), state_title(person.state)),
        (text!("explain.groups", "groups ({number})", number), groups.join(", ")),
    ];
    let row = |(title, value): (String, String)| format!("\n  {title:<21}  {}", fit_in_a_line(&value));
    let mut rows: Vec<String> = rows.map(|it| row(it).trim_end().to_owned()).into();
    rows.extend(next.into_iter().map(|it| row((text!("explain.next-sync", "next sync"), it))));
    if explained.plan.is_none() {
        rows.push(format!(
            "\n{}",
            text!(
                "explain.no-plan",
                "The organization could not be asked what the next sync does: `bwdc plan` says why."
            )
        ));
    }
    format!("{verdict}{}", rows.concat())
}

fn group(explained: &Explained, number: usize) -> String {
    let desired = &explained.desired;
    let group = &desired.groups()[number];
    let (members, left_out) = members_by_use(explained, number);
    let mut text = text!(
        "explain.group",
        "The group `{group}` is brought over with {members:member/members}.",
        group = desired.text(group.name),
        members = members.len()
    );
    for (title, value) in [
        (text!("explain.name", "name in the directory"), desired.text(group.reference)),
        (text!("explain.external-id", "external id"), desired.text(group.external_id)),
    ] {
        let _ = write!(text, "\n  {title:<21}  {}", fit_in_a_line(value));
    }
    for line in next_sync_of_group(explained, number) {
        let title = text!("explain.next-sync", "next sync");
        let _ = write!(text, "\n  {title:<21}  {}", fit_in_a_line(&line));
    }
    for member in members {
        let _ = write!(text, "\n  + {}", fit_in_a_line(member));
    }
    if !left_out.is_empty() {
        let people = left_out.len();
        let _ = write!(
            text,
            "\n  {}",
            text!("explain.group-left-out", "people of it who are left out ({people}):", people)
        );
        for (name, reason) in left_out {
            let _ = write!(text, "\n  - {}: {reason}", fit_in_a_line(name));
        }
    }
    text.push_str(&unresolved::of_group(desired, number));
    text
}

/// Whether groups are brought over (`sync.groups`), as far as the sources that were read tell.
fn groups_wanted(desired: &Desired) -> bool {
    desired.sources().iter().any(|it| it.groups || it.failure.is_some())
}

/// What is not read because the settings bring nothing of its kind over, in a sentence; None: everything is.
pub(crate) fn not_synced(desired: &Desired) -> Option<String> {
    match (desired.people_wanted(), groups_wanted(desired)) {
        (_, true) => None,
        (true, false) => Some(text!("summary.no-groups", "Groups are not synced: `sync.groups` is false.")),
        (false, false) => Some(text!(
            "summary.nothing",
            "Neither people nor groups are synced: `sync.users` and `sync.groups` are false."
        )),
    }
}

fn state_title(state: AccountState) -> String {
    match state {
        AccountState::Enabled => text!("state.enabled", "enabled"),
        AccountState::Disabled => text!("state.disabled", "disabled"),
        AccountState::Deleted => text!("state.deleted", "deleted"),
    }
}

fn set_aside(desired: &Desired, number: usize) -> String {
    let one = &desired.set_aside()[number];
    let (who, reason) = (desired.text(one.reference), why_set_aside(one.because));
    let verdict = text!("explain.person-left-out", "`{who}` is left out: {reason}.", who, reason);
    let title = text!("explain.external-id", "external id");
    format!("{verdict}\n  {title:<21}  {}", fit_in_a_line(desired.text(one.external_id)))
}

fn unread(desired: &Desired, unread: &Unread) -> String {
    text!(
        "explain.unread",
        "`{name}` is not read: {reason}.",
        name = unread.name,
        reason = why_unread(desired, unread)
    )
}

fn why_unread(desired: &Desired, unread: &Unread) -> String {
    if let UnreadCause::Elsewhere { as_person, .. } | UnreadCause::Meanwhile { as_person } = &unread.cause
        && !groups_wanted(desired)
    {
        // People are read for the sake of groups as well.
        match (as_person, desired.people_wanted()) {
            (true, true) => {}
            (true, false) => {
                return text!(
                    "explain.neither-synced",
                    "neither people nor groups are synced (`sync.users` and `sync.groups` are false)"
                );
            }
            (false, _) => {
                return text!("explain.groups-not-synced", "groups are not synced (`sync.groups` is false)");
            }
        }
    }
    match &unread.cause {
        UnreadCause::Elsewhere { as_person, bases, setting } => {
            let bases = bases.iter().map(|base| format!("`{base}`")).collect::<Vec<_>>().join(", ");
            if *as_person {
                text!(
                    "explain.person-elsewhere",
                    "the user filter selects it, but people are looked for under {bases} only (`{setting}`)",
                    bases,
                    setting
                )
            } else {
                text!(
                    "explain.group-elsewhere",
                    "the group filter selects it, but groups are looked for under {bases} only (`{setting}`)",
                    bases,
                    setting
                )
            }
        }
        UnreadCause::NotSelected { people, groups } => text!(
            "explain.not-selected",
            "neither the user filter `{people}` nor the group filter `{groups}` selects it",
            people,
            groups
        ),
        UnreadCause::Meanwhile { .. } => {
            text!("explain.meanwhile", "it did not exist yet, or was different, during the read; ask again")
        }
    }
}

/// What scripts know a state by.
fn state(state: AccountState) -> &'static str {
    match state {
        AccountState::Enabled => "enabled",
        AccountState::Disabled => "disabled",
        AccountState::Deleted => "deleted",
    }
}

/// Why this person is not brought over.
fn reason(desired: &Desired, number: usize) -> Option<String> {
    let person = &desired.everybody()[number];
    match person.unusable {
        Some(NoAddress::Shared { .. } | NoAddress::Replaced { .. }) => unusable(desired, person),
        _ if !desired.people_wanted() => {
            Some(text!("explain.no-people", "people are not brought over (`sync.users` is false)"))
        }
        _ => unusable(desired, person),
    }
}

/// What of the entry keeps it from being brought over.
fn unusable(desired: &Desired, person: &DesiredPerson) -> Option<String> {
    if !desired.may_bring(person) {
        return Some(change::cause(match person.state {
            AccountState::Deleted => Cause::Deleted,
            _ => Cause::Disabled,
        }));
    }
    Some(match LeftOutBecause::of_address(desired, person)? {
        LeftOutBecause::Replaced { .. } => {
            text!("explain.replaced", "is disabled, and an enabled entry has the same address")
        }
        because => change::left_out(&because),
    })
}

/// Why each person who is left out is, one reason a person.
pub(crate) fn reasons(desired: &Desired) -> impl Iterator<Item = String> {
    let set_aside = desired.set_aside().iter().map(|it| why_set_aside(it.because));
    people_left_out(desired).into_iter().map(|(_, reason)| reason).chain(set_aside)
}

fn people_left_out(desired: &Desired) -> Vec<(usize, String)> {
    // Whom the directory lists as a leaver is missed by nobody.
    let numbers = 0..desired.everybody().len();
    let numbers = numbers.filter(|it| desired.may_bring(&desired.everybody()[*it]));
    numbers.filter_map(|number| Some((number, reason(desired, number)?))).collect()
}

fn groups_of(desired: &Desired, person: usize) -> Vec<&str> {
    let groups = desired.groups().iter().enumerate();
    let holds = |group: usize| desired.members(group).iter().any(|&it| it as usize == person);
    let mut names: Vec<&str> =
        groups.filter(|(number, _)| holds(*number)).map(|(_, it)| desired.text(it.name)).collect();
    names.sort_unstable();
    names
}

/// The people of a group who are brought over, and those who are not, with the reason: the members that a plan counts.
fn members_by_use(explained: &Explained, group: usize) -> (Vec<&str>, Vec<(&str, String)>) {
    let desired = &explained.desired;
    let (mut members, mut left_out) = (Vec::new(), Vec::new());
    for &number in desired.members(group) {
        let number = number as usize;
        let person = &desired.everybody()[number];
        match unusable(desired, person).or_else(|| waits(explained, number)) {
            None => members.push(desired.display_name(person)),
            Some(reason) => left_out.push((desired.text(person.reference), reason)),
        }
    }
    (members, left_out)
}
