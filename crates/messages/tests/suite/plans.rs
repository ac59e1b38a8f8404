//! Plans of every size as they are printed, at 80 columns: the verdict stands on the first screen and on the last. The page in
//! the manual is made of them.

use crate::judged::{Known, judged};
use crate::picture::picture;
use bwdc_core::desired::Desired;
use bwdc_core::ledger::{LedgerState, ManagedGroup, ManagedPerson, Marks};
use bwdc_core::names::{Email, ExternalId, GroupId, MemberId, SourceName};
use bwdc_core::observed::{
    MemberStatus, Membership, ObservedGroup, ObservedMember, OrganizationState, Presence, Presences, Role,
};
use bwdc_core::settings::{ConnectorSettings, LeaverAction, SyncSettings};
use bwdc_core::snapshot::{AccountState, PersonEntry, PersonMarks, ReadScope, Section, SnapshotBuilder};
use bwdc_engine::Planned;
use bwdc_messages::CommandLine;
use bwdc_messages::plan::{Extent, lines, text};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

const FIRST: [&str; 12] =
    ["Ada", "Björn", "Carla", "David", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Katja", "Liam"];
const LAST: [&str; 10] =
    ["Albrecht", "Brandt", "Costa", "Demir", "Engel", "Fischer", "Garcia", "Huber", "Ivanov", "Jansen"];

/// How much of what there is to do.
#[derive(Clone, Copy, Default)]
struct Size {
    /// Members who stay.
    stay: usize,
    /// People who come in.
    new: usize,
    /// Members who are gone from the directory, and as many who are disabled.
    leave: usize,
    /// Groups that change two members each.
    groups: usize,
    /// Groups that appear.
    new_groups: usize,
    /// People without an address.
    without: usize,
}

fn address(number: usize) -> String {
    let (first, last) = (FIRST[number % FIRST.len()], LAST[number / FIRST.len() % LAST.len()]);
    let more = number / (FIRST.len() * LAST.len());
    let more = if more == 0 { String::new() } else { format!("{}", more + 1) };
    format!("{first}.{last}{more}@example.com").to_lowercase().replace('ö', "oe")
}

fn id(number: usize) -> String {
    format!("uid=u{number:06},ou=people,dc=example,dc=com")
}

fn add(builder: &mut SnapshotBuilder, number: usize, state: AccountState, mail: bool) {
    let name = builder.text(&id(number));
    let mail = mail.then(|| builder.text(&address(number)));
    builder.person(PersonEntry {
        reference: name,
        key: name,
        login: None,
        external_id: name,
        stable_id: None,
        mail,
        prefix: None,
        state,
        marks: PersonMarks::default(),
    });
}

fn directory(size: Size) -> Desired {
    let scope = ReadScope { people: true, groups: true, deleted: true, stable_ids: true };
    let mut builder = SnapshotBuilder::new(scope);
    let Size { stay, new, leave, groups, new_groups, without } = size;
    (0..stay).for_each(|it| add(&mut builder, it, AccountState::Enabled, true));
    let leavers = stay + leave..stay + 2 * leave;
    leavers.for_each(|it| add(&mut builder, it, AccountState::Disabled, true));
    let first_new = stay + 2 * leave;
    (first_new..first_new + new).for_each(|it| add(&mut builder, it, AccountState::Enabled, true));
    let first_without = first_new + new;
    (first_without..first_without + without)
        .for_each(|it| add(&mut builder, it, AccountState::Enabled, false));
    for group in 0..groups + new_groups {
        let name = builder.text(&format!("Team {}", group + 1));
        let reference = builder.text(&format!("cn=team{group},ou=groups,dc=example,dc=com"));
        // The first member of each comes in.
        let members: Vec<_> = (1..6).map(|it| builder.text(&id((group + it) % stay.max(1)))).collect();
        builder.group(reference, reference, reference, name, &members);
    }
    for section in [Section::People, Section::DeletedPeople, Section::Groups] {
        builder.end(section);
    }
    let snapshot = builder.finish().expect("every section has ended");
    Desired::build(snapshot, &sync()).expect("a directory")
}

fn sync() -> SyncSettings {
    let sync = json!({ "users": true, "groups": true, "inviteUsersAfterProvisioning": true });
    SyncSettings::from_stored(sync.as_object().expect("an object")).expect("settings")
}

fn organization(size: Size) -> Known {
    let mut state = OrganizationState::default();
    let mut ledger = LedgerState { baseline_taken: true, ..LedgerState::default() };
    let mut presences = Presences::new();
    for number in 0..size.stay + 2 * size.leave {
        let external_id = ExternalId::new(id(number));
        let email = Email::new(address(number));
        state.members.push(ObservedMember {
            id: Some(MemberId::new(format!("m{number}"))),
            email: email.clone(),
            external_id: Some(external_id.clone()),
            status: MemberStatus::Confirmed,
            role: Role::User,
            changed_id: None,
        });
        ledger.people.push(ManagedPerson {
            external_id: external_id.clone(),
            source: SourceName::primary(),
            stable_id: None,
            member_id: None,
            reference: None,
            email,
            revoked_by_us: false,
            out: None,
            marks: Marks::default(),
        });
        if (size.stay..size.stay + size.leave).contains(&number) {
            presences.insert(external_id, Presence::NotFound);
        }
    }
    for group in 0..size.groups {
        let external_id = ExternalId::new(format!("cn=team{group},ou=groups,dc=example,dc=com"));
        let members: Vec<usize> = (0..5).map(|it| (group + it) % size.stay.max(1)).collect();
        let ids: Vec<ExternalId> = members.iter().map(|it| ExternalId::new(id(*it))).collect();
        let name = format!("Team {}", group + 1);
        state.groups.push(ObservedGroup {
            id: Some(GroupId::new(format!("g{group}"))),
            name: name.clone(),
            external_id: Some(external_id.clone()),
            members: Membership::Read(members),
            collections: None,
        });
        ledger.groups.push(ManagedGroup {
            external_id,
            source: SourceName::primary(),
            stable_id: None,
            group_id: Some(GroupId::new(format!("g{group}"))),
            reference: None,
            name,
            members: ids.into(),
            observed_at: None,
        });
    }
    Known { state, ledger, presences }
}

fn planned(size: Size, allowed: bool) -> Planned {
    let mut connector = ConnectorSettings::default();
    connector.leavers.gone = Some(LeaverAction::Revoke);
    connector.leavers.disabled = Some(LeaverAction::Revoke);
    connector.limits.off = allowed;
    // After other settings or another search base, limits stop the whole run.
    judged(&directory(size), &sync(), organization(size), &connector, false)
}

/// The plans of the manual: a title, how much there is to do, whether the limits allow it.
fn all() -> Vec<(&'static str, usize, Planned)> {
    let none = Size { stay: 40, groups: 0, ..Size::default() };
    let one = Size { new: 1, ..none };
    let some = Size { stay: 400, new: 38, leave: 6, groups: 7, new_groups: 3, without: 4 };
    let many = Size { stay: 9_000, new: 3_900, leave: 250, groups: 400, new_groups: 200, without: 30 };
    let most = Size { stay: 9_000, new: 40_000, leave: 2_500, groups: 4_000, new_groups: 1_000, without: 30 };
    vec![
        ("Nothing to do", 0, planned(none, true)),
        ("One change", 1, planned(one, true)),
        ("60 changes, allowed", 60, planned(some, true)),
        ("60 changes, refused", 60, planned(some, false)),
        ("5,000 changes, allowed", 5_000, planned(many, true)),
        ("5,000 changes, refused", 5_000, planned(many, false)),
        ("50,000 changes, allowed", 50_000, planned(most, true)),
        ("50,000 changes, refused", 50_000, planned(most, false)),
    ]
}

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");

const HEAD: &str = "\
# How to read a plan

`bwdc plan` compares the directory with the organization and changes nothing. The verdict comes first and last. Between them
stand the changes, what takes something away first; then who keeps access although nobody brings them over, who is left out,
and what to check. Each list is grouped by reason, sorted by address, and cut: `bwdc plan --verbose` shows all of it, with
external ids.

These are plans of different sizes at 80 columns, as a terminal shows them; a dashed line stands where a screen of 24 lines
ends. `BWDC_WRITE_DOCS=1 cargo test -p bwdc-messages --test suite -- plans::` makes this page and its pictures.
";

/// A file of the manual, with its name in it.
type File = (PathBuf, String);

/// Writes the files where it is asked for; else they have to be as they are.
fn keep(files: &[File]) {
    for (name, text) in files {
        let path = Path::new(DOCS).join(name);
        if std::env::var_os("BWDC_WRITE_DOCS").is_some() {
            path.parent().map_or(Ok(()), fs::create_dir_all).expect("docs can be written");
            fs::write(&path, text).expect("docs can be written");
        }
        let written = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        let name = name.display();
        assert!(written == *text, "docs/{name} is another one: run this test with BWDC_WRITE_DOCS=1");
    }
}

#[test]
fn a_plan_of_any_size_says_its_verdict_on_the_first_screen_and_on_the_last_one() {
    let (mut page, mut files) = (HEAD.to_owned(), Vec::new());
    for (title, changes, planned) in all() {
        assert_eq!(planned.plan.changes.len(), changes, "{title}");
        let text = text(&planned, Extent::Short, &CommandLine::default());
        assert!(text.lines().all(|it| it.chars().count() <= 80), "{title}:\n{text}");
        let verdict = text.lines().next().expect("a line");
        assert!(text.lines().count() <= 66, "{title}: less than three screens of a small terminal\n{text}");
        let last: Vec<&str> = text.lines().rev().take(24).collect();
        let begins = ["Nothing to do", "Within the limits", "Refused"];
        if changes > 0 {
            assert!(begins.iter().any(|it| verdict.starts_with(it)), "{title}: {verdict}");
        }
        assert!(last.iter().any(|it| begins.iter().any(|begin| it.starts_with(begin))), "{title}:\n{text}");
        if title.ends_with("refused") {
            let why = "would lose access within a day. The limit is";
            let first: Vec<&str> = text.lines().take(24).collect();
            let all = first.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(all.contains(why), "{title}: the first screen says why\n{text}");
        }
        let name = title.to_lowercase().replace([' ', ','], "-").replace("--", "-");
        let drawn = picture("bwdc plan", &lines(&planned, Extent::Short, &CommandLine::default()));
        page.push_str(&format!(
            "\n## {title}\n\n![The plan in a terminal](plans/{name}.svg)\n\n<details><summary>As text</summary>\n\n\
             ```text\n$ bwdc plan\n{text}\n```\n\n</details>\n"
        ));
        files.push((Path::new("plans").join(format!("{name}.svg")), drawn));
    }
    files.push((PathBuf::from("plans.md"), page));
    keep(&files);
}

#[test]
fn a_plan_of_a_full_run_names_the_command_that_carries_it_out() {
    for (title, changes, planned) in all().into_iter().take(4).filter(|(_, changes, _)| *changes > 0) {
        let planned = Planned { is_full: true, ..planned };
        let text = text(&planned, Extent::Short, &CommandLine::default());
        let verdicts = text.lines().filter(|it| it.contains("would ") && it.contains("`bwdc sync"));
        assert!(verdicts.clone().count() >= 2, "{title} {changes}: {text}");
        assert!(verdicts.clone().all(|it| it.contains("`bwdc sync --full` would ")), "{title}: {text}");
    }
}

#[test]
fn a_plan_is_whole_where_everything_is_asked_for() {
    let size = Size { stay: 400, new: 38, leave: 6, groups: 7, new_groups: 3, without: 4 };
    let planned = planned(size, true);
    let whole = text(&planned, Extent::Whole, &CommandLine::default());
    let short = text(&planned, Extent::Short, &CommandLine::default());
    assert!(
        !whole.contains("--verbose") && short.contains("… and 36 more; `--verbose` shows all"),
        "{short}"
    );
    for number in 400..450 {
        let is_in = whole.lines().any(|it| it.trim_start_matches([' ', '+', '-']) == address(number));
        assert!(is_in, "{} is not in {whole}", address(number));
    }
    // People are called by address, also in groups.
    assert!(!short.contains("uid=u00000"), "{short}");
    assert!(short.contains(&format!("in: {}\n      out: {}", address(5), address(0))), "{short}");
}

/// The guided set-up says how many of what before it names the first changes, and all of it fits on a screen.
#[test]
fn a_plan_in_the_set_up_is_counted_by_kind() {
    for (name, _, planned) in all() {
        let plan = bwdc_messages::setup::SetupPlan::of(&planned);
        let lines: Vec<&str> = plan.lines.iter().map(|it| it.text.as_str()).collect();
        let kinds: std::collections::HashSet<_> =
            planned.plan.changes.iter().map(std::mem::discriminant).collect();
        if kinds.len() > 2 {
            assert!(lines.iter().any(|it| it.ends_with("lose access")), "{name}: {lines:#?}");
            assert!(lines.len() <= 16, "{name}: {lines:#?}");
        }
    }
}
