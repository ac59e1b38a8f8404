//! Why a run is refused, and what would let it pass.

use crate::list::{capital, enumerate, some};
use crate::source::in_a_sentence;
use crate::{CommandLine, NextStep, Step, text};
use bwdc_core::names::SourceName;
use bwdc_core::plan::{Refusal, RemovalLimits};

/// Where a refusal is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// In a plan: no run was refused yet, and only a refused run can be approved.
    Plan,
    /// After a run that was refused: its number, where it is known.
    Run(Option<i64>),
}

/// Refusals, one paragraph each, and what to do about them at the end; each step once.
pub fn refusals(refusals: &[Refusal], stage: Stage, command_line: &CommandLine) -> Vec<String> {
    let mut paragraphs = paragraphs(refusals);
    let steps = steps(refusals, stage);
    if !steps.is_empty() {
        paragraphs.push(command_line.sentences(&steps));
    }
    paragraphs
}

/// Groups that are named because each of them would lose too many, before the rest is counted.
const GROUPS: usize = 3;

/// Refusals, one paragraph each; what several say alike stands once.
pub fn paragraphs(refusals: &[Refusal]) -> Vec<String> {
    let emptied = refusals.iter().filter(|it| matches!(it, Refusal::GroupEmptied { .. })).count();
    let most = if emptied > GROUPS + 1 { GROUPS } else { emptied };
    let (mut paragraphs, mut groups): (Vec<String>, usize) = (Vec::new(), 0);
    for refusal in refusals {
        if matches!(refusal, Refusal::GroupEmptied { .. }) {
            groups += 1;
        }
        let said = if !matches!(refusal, Refusal::GroupEmptied { .. }) || groups <= most {
            message(refusal)
        } else if groups == most + 1 {
            let more = emptied - most;
            text!("refusal.more-groups", "So would {more:more group/more groups}.", more)
        } else {
            continue;
        };
        if !paragraphs.contains(&said) {
            paragraphs.push(said);
        }
    }
    paragraphs
}

/// A refusal with what to do about it.
pub fn refusal(refusal: &Refusal, stage: Stage) -> String {
    let message = message(refusal);
    let steps = steps(std::slice::from_ref(refusal), stage);
    if steps.is_empty() { message } else { format!("{message} {}", CommandLine::default().sentences(&steps)) }
}

/// What is refused, and why.
pub fn message(refusal: &Refusal) -> String {
    match earlier(refusal) {
        Some(earlier) => format!("{} {earlier}", together_with_earlier(refusal)),
        None => together_with_earlier(refusal),
    }
}

/// That the number counts what earlier runs did as well: a list of what this run would do is shorter.
fn earlier(refusal: &Refusal) -> Option<String> {
    let (planned, earlier) = match refusal {
        Refusal::TooManyRemovals { planned, earlier, .. }
        | Refusal::TooManyMemberships { planned, earlier, .. }
        | Refusal::GroupEmptied { lost: planned, earlier, .. }
        | Refusal::TooManyGroups { planned, earlier, .. }
        | Refusal::TooManyReplacedGroups { planned, earlier, .. }
        | Refusal::TooManyAdoptedGroups { planned, earlier, .. } => (*planned, *earlier),
        _ => return None,
    };
    (earlier > 0).then(|| {
        text!(
            "refusal.earlier",
            "Of these {planned}, {earlier} {earlier|is/are} from earlier runs and {now} from this one.",
            planned,
            earlier,
            now = planned.saturating_sub(earlier)
        )
    })
}

/// The time that a limit is about.
fn within(hours: u32) -> String {
    match hours {
        0 => text!("refusal.in-one-run", "in one run"),
        24 => text!("refusal.within-a-day", "within a day"),
        hours => text!("refusal.within-hours", "within {hours:hour/hours}", hours),
    }
}

fn together_with_earlier(refusal: &Refusal) -> String {
    match refusal {
        Refusal::TooManyRemovals { planned, allowed, managed, hours, .. } => text!(
            "refusal.removals",
            "{planned} of {managed:managed member/managed members} would lose access {within}. The limit is {allowed}.",
            planned,
            managed,
            within = within(*hours),
            allowed
        ),
        Refusal::TooManyMemberships { planned, allowed, hours, .. } => text!(
            "refusal.memberships",
            "{planned:membership/memberships} would end {within}. The limit is {allowed}.",
            planned,
            within = within(*hours),
            allowed
        ),
        Refusal::GroupEmptied { group, before, lost, .. } => text!(
            "refusal.group-emptied",
            "The group `{group}` would lose {lost} of {before:member/members}, more than `limits.group-percent` allows.",
            group,
            lost,
            before
        ),
        Refusal::TooManyGroups { planned, allowed, .. } => text!(
            "refusal.groups",
            "{planned:group/groups} would be left without members or deleted. The limit is {allowed}.",
            planned,
            allowed
        ),
        Refusal::TooManyReplacedGroups { planned, allowed, .. } => text!(
            "refusal.replaced-groups",
            "{planned:group/groups} of the directory would take the place of groups that are gone, and get their access to \
             collections. The limit is {allowed}.",
            planned,
            allowed
        ),
        Refusal::TooManyAdoptedGroups { planned, allowed, hours, .. } => text!(
            "refusal.adopted-groups",
            "The directory would take over {planned:group/groups} made by hand, with access to collections. The limit {within} is {allowed}.",
            planned,
            within = within(*hours),
            allowed
        ),
        Refusal::TooManyReplacedPeople { planned, allowed, .. } => text!(
            "refusal.replaced-people",
            "{planned:membership/memberships} would go on under new entries of the directory, which have the addresses of entries \
             that are gone, disabled or deleted. The limit is {allowed} at once.",
            planned,
            allowed
        ),
        Refusal::TooManyInvitations { planned, allowed } => text!(
            "refusal.invitations",
            "{planned:person/people} would be invited. The limit is {allowed} at once.",
            planned,
            allowed
        ),
        Refusal::TooManyFoundAnew { planned, allowed } => text!(
            "refusal.overlooked",
            "{planned:membership/memberships} would begin because bwdc finds members whom the official connector \
             overlooks. The limit on the first run is {allowed}.",
            planned,
            allowed
        ),
        Refusal::OverOccupied { occupied, seats, most } => match most {
            Some(most) => text!(
                "refusal.over-occupied-most",
                "{occupied:member takes/members take} a seat, there {seats|is/are} {seats}, and the subscription allows {most} at most: the server refuses every import, whatever is in it.",
                occupied,
                seats,
                most
            ),
            None => text!(
                "refusal.over-occupied",
                "{occupied:member takes/members take} a seat, and there {seats|is/are} {seats}: with any import the server would buy the missing seats, whatever is in it.",
                occupied,
                seats
            ),
        },
        Refusal::EmptyDirectory { managed, source, listed, settings } if *listed > 0 => text!(
            "refusal.no-address",
            "{source} lists {listed:person/people}, nobody with an address that can be used, and the organization has \
             {managed:managed member/managed members} from it. {check}",
            source = capital(&in_a_sentence(source)),
            listed,
            managed,
            check = check_addresses(source, settings)
        ),
        Refusal::EmptyDirectory { managed, source, .. } => text!(
            "refusal.empty-directory",
            "{source} returned nobody, and the organization has {managed:managed member/managed members} from it. Check \
             the search base and the filter.",
            source = capital(&in_a_sentence(source)),
            managed
        ),
        Refusal::NoGroups { managed, source } => text!(
            "refusal.no-groups",
            "{source} returned no group, and the organization has {managed:managed group/managed groups} from it. Check \
             the search base and the filter.",
            source = capital(&in_a_sentence(source)),
            managed
        ),
        Refusal::FewFound { found, members, percent, nothing_synced: true } => text!(
            "refusal.nothing-synced",
            "This first run finds {found} of {members:member/members} who have ids of this directory, less than {percent} %: neither \
             people nor groups are synced (`sync.users` and `sync.groups` are false).",
            found,
            members,
            percent
        ),
        Refusal::FewFound { found, members, percent, .. } => text!(
            "refusal.few-found",
            "This first run finds {found} of {members:member/members} who have ids of this directory, less than {percent} %: a \
             search base, a filter or the attribute that holds addresses may differ from before. Check them with `bwdc doctor`.",
            found,
            members,
            percent
        ),
        Refusal::AddressesLost { lost, allowed, managed, source, settings } => text!(
            "refusal.addresses-lost",
            "{lost} of {managed:managed member/managed members} had an address at the last sync and have none in the directory now. \
             The limit is {allowed}. {check}",
            lost,
            managed,
            allowed,
            check = check_addresses(source, settings)
        ),
        Refusal::PilotGroupHidden { group } => text!(
            "refusal.pilot-hidden",
            "The directory does not show who is in the pilot group `{group}`, so nobody knows who may be invited. An LDAP server shows \
             it to accounts that may read the attribute of members, Microsoft Entra ID to applications with the permission \
             `Member.Read.Hidden`.",
            group
        ),
        Refusal::RepeatedExternalId { external_id, of_groups, holders } => {
            let number = holders.len();
            let names = some(holders);
            if *of_groups {
                text!(
                    "refusal.repeated-group-id",
                    "{number} groups of the organization share the external id `{external_id}`: {names}. The server would \
                     fail.",
                    number,
                    external_id = external_id.as_str(),
                    names
                )
            } else {
                text!(
                    "refusal.repeated-member-id",
                    "{number} members of the organization share the external id `{external_id}`: {names}. The server would \
                     fail.",
                    number,
                    external_id = external_id.as_str(),
                    names
                )
            }
        }
        Refusal::ServerRefusesOverwrite { pending } => text!(
            "refusal.overwrite-pending",
            "The server refuses to overwrite while people whom it would remove have not finished joining: {names}. `[leavers]` in \
             connector.toml does not let them be removed first.",
            names = some(pending)
        ),
        // The official connector's words, which scripts know.
        Refusal::OverwriteWithLargeImport => text!(
            "refusal.overwrite-with-large-import",
            "You cannot use the 'Remove and re-add organization users during the next sync' option with large imports."
        ),
    }
}

/// What to do about refusals, each step once.
pub fn steps(refusals: &[Refusal], stage: Stage) -> Vec<NextStep> {
    let mut steps: Vec<NextStep> = Vec::new();
    if refusals.iter().any(Refusal::can_be_approved) {
        let intended = text!("refusal.if-intended", "If this is intended");
        match stage {
            Stage::Plan => {
                steps.push(Step::run("sync").to(intended.clone()));
                steps.push(Step::run("approve").to(intended));
            }
            Stage::Run(Some(run)) => steps.push(Step::run(format!("approve {run}")).to(intended)),
            Stage::Run(None) => steps.push(Step::run("approve").to(intended)),
        }
    }
    for step in refusals.iter().flat_map(of_one) {
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
    together(steps)
}

/// Steps that serve one purpose, one after the other.
fn together(steps: Vec<NextStep>) -> Vec<NextStep> {
    let mut purposes: Vec<Option<String>> = Vec::new();
    let mut numbered = Vec::with_capacity(steps.len());
    for step in steps {
        let known = step.purpose.as_ref().and_then(|_| purposes.iter().position(|it| *it == step.purpose));
        let number = known.unwrap_or_else(|| {
            purposes.push(step.purpose.clone());
            purposes.len() - 1
        });
        numbered.push((number, step));
    }
    numbered.sort_by_key(|it| it.0);
    numbered.into_iter().map(|it| it.1).collect()
}

fn of_one(refusal: &Refusal) -> Vec<NextStep> {
    let raise = |names: &[&str]| {
        let every = text!("refusal.raise", "To allow more in every run");
        names.iter().map(|name| Step::change(*name).to(every.clone())).collect()
    };
    let web_vault = |what: String| vec![Step::Say(what).into()];
    match refusal {
        Refusal::TooManyRemovals { planned, needed, .. }
        | Refusal::TooManyReplacedPeople { planned, needed, .. } => raise_removals(*planned, *needed),
        Refusal::TooManyMemberships { .. } => raise(&["limits.memberships", "limits.memberships-percent"]),
        Refusal::GroupEmptied { .. } => raise(&["limits.group-percent"]),
        Refusal::TooManyGroups { .. }
        | Refusal::TooManyReplacedGroups { .. }
        | Refusal::TooManyAdoptedGroups { .. } => raise(&["limits.emptied-groups-percent"]),
        Refusal::TooManyInvitations { .. } => {
            let portions = text!("refusal.portions", "To invite a few at a time");
            let mut steps = vec![Step::change("invitations.per-run").to(portions)];
            steps.extend(raise(&["limits.invitations", "limits.invitations-percent"]));
            steps
        }
        Refusal::TooManyFoundAnew { .. } => vec![
            Step::run("plan").to(text!("refusal.see-them", "To see them")),
            Step::change("sync.groupFilter").to(text!("refusal.leave-out", "To leave their groups out")),
        ],
        Refusal::OverOccupied { .. } => web_vault(text!(
            "refusal.buy-or-revoke",
            "Buy seats in the web vault, or revoke members there. With `limits.buy-seats = true` a run may buy them."
        )),
        Refusal::EmptyDirectory { .. } | Refusal::NoGroups { .. } => {
            let mut steps = match refusal {
                Refusal::EmptyDirectory { source, settings, .. } => change_addresses(source, settings),
                _ => Vec::new(),
            };
            let every = text!("refusal.allow-empty", "To allow this in every run");
            steps.push(Step::set("limits.allow-empty-directory", "true").to(every));
            steps
        }
        Refusal::AddressesLost { source, settings, .. } => change_addresses(source, settings),
        Refusal::FewFound { nothing_synced: true, .. } => sync_something(),
        Refusal::FewFound { .. } => vec![
            Step::change("limits.first-read-percent").to(text!("refusal.lower", "To allow this in general")),
        ],
        Refusal::PilotGroupHidden { .. } => {
            vec![
                Step::change("invitations.pilot-group")
                    .to(text!("refusal.other-pilot", "To begin with another group")),
            ]
        }
        Refusal::RepeatedExternalId { of_groups: true, .. } => web_vault(text!(
            "refusal.clear-group-id",
            "Remove all but one of them in the web vault, the one with less to lose. No group can be sent before; people are invited and leavers lose access all the same."
        )),
        Refusal::RepeatedExternalId { .. } => web_vault(text!(
            "refusal.clear-id",
            "Remove all but one of them in the web vault, the one with less to lose. No import can be sent before; leavers lose access all the same."
        )),
        Refusal::ServerRefusesOverwrite { .. } => vec![
            Step::set("sync.overwriteExisting", "false")
                .to(text!("refusal.no-overwrite", "To sync without it")),
            Step::Say(text!("refusal.remove-pending", "Or remove them in the web vault.")).into(),
        ],
        Refusal::OverwriteWithLargeImport => Vec::new(),
    }
}

/// What has something synced, where nothing is.
pub(crate) fn sync_something() -> Vec<NextStep> {
    vec![
        Step::set("sync.users", "true").to(text!("refusal.sync-people", "To sync people")),
        Step::set("sync.groups", "true").to(text!("refusal.sync-groups", "To sync groups")),
    ]
}

/// What lets so many people lose access in every run: the smaller of the two limits counts, so that each one in the way has to change.
fn raise_removals(planned: usize, needed: RemovalLimits) -> Vec<NextStep> {
    let (number, share) = ("limits.removals", "limits.removals-percent");
    let of_needed = |setting: &str, least: Option<usize>| least.map(|it| Step::set(setting, it.to_string()));
    let steps = [of_needed(number, needed.removals), of_needed(share, needed.removals_percent)];
    let steps: Vec<Step> = steps.into_iter().flatten().collect();
    let (steps, purpose) = match steps.is_empty() {
        true => (
            vec![Step::change(number), Step::change(share)],
            text!("refusal.raise-removals", "To allow more people in every run"),
        ),
        false => (
            steps,
            text!("refusal.raise-removals-to", "To allow {planned:person/people} in every run", planned),
        ),
    };
    let also = text!("refusal.raise-other-limit", "And because the smaller of the two limits counts");
    let purposes = [purpose, also];
    steps.into_iter().zip(purposes).map(|(step, purpose)| step.to(purpose)).collect()
}

/// What says where a source has addresses.
pub(crate) fn check_addresses(source: &SourceName, settings: &[String]) -> String {
    let source = in_a_sentence(source);
    match settings {
        [] => text!("refusal.check-addresses", "Check the addresses in {source}.", source),
        _ => text!(
            "refusal.check-address-settings",
            "Check where addresses come from in {source}: {settings}.",
            source,
            settings = enumerate(settings.iter().map(|it| format!("`{it}`")))
        ),
    }
}

fn change_addresses(source: &SourceName, settings: &[String]) -> Vec<NextStep> {
    let purpose = text!("refusal.other-addresses", "To take addresses from elsewhere");
    let change = |setting: &String| Step::change(setting).to(purpose.clone()).of_source(source.as_str());
    settings.iter().map(change).collect()
}

#[cfg(test)]
mod tests;
