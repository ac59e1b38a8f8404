//! A plan for people, in 80 columns: the verdict first and last, between them what happens, in sections, grouped by reason and
//! cut, so that neither the first screen nor the last one has to be scrolled.

mod layout;
pub(crate) mod rows;
pub mod sections;
mod totals;

pub use layout::Extent;
pub(crate) use layout::{Item, Section, Shown, wrapped};
pub use rows::changes;
pub(crate) use rows::{members_below, one_line};

use crate::change::{kept, left_out};
use crate::line::{Line, Tone};
use crate::notice::plan_notice;
use crate::refusal::{Stage, paragraphs, refusals};
use crate::{CommandLine, text};
use bwdc_core::plan::{Change, Plan, Refusal, Verdict};
use bwdc_engine::Planned;
use sections::{PlanIndex, PlanSection};
use std::path::Path;

/// With more lines between the verdict at the beginning and that at the end, both say why.
const FAR: usize = 18;
/// Lines of a screen.
const SCREEN: usize = 24;
/// Notices that are shown before the rest is counted.
const NOTICES: usize = 5;

/// A plan cut to what a screen holds, without a final newline.
pub fn text(planned: &Planned, extent: Extent, commands: &CommandLine) -> String {
    let lines = lines(planned, extent, commands);
    lines.into_iter().map(|it| it.text).collect::<Vec<_>>().join("\n")
}

/// The same with how each line is meant. A line may hold several, broken for 80 columns.
pub fn lines(planned: &Planned, extent: Extent, commands: &CommandLine) -> Vec<Line> {
    let plan = &planned.plan;
    let middle = middle(plan, extent, commands);
    let mut lines = Vec::new();
    if !middle.is_empty() {
        lines.push(headline(planned, commands));
        if height(&middle) > FAR {
            lines.extend(reasons(planned));
        }
        lines.extend(rows::counts(plan));
        lines.push(Line::default());
    }
    lines.extend(middle);
    lines.extend(totals::lines(plan));
    lines.extend(notes(planned, commands));
    lines.extend(end(planned, commands));
    lines
}

/// What was done with a plan that was to be saved, and what to do with it.
pub fn saved(planned: &Planned, path: &Path, commands: &CommandLine) -> String {
    let path = path.display().to_string();
    let command = commands.command(&format!("apply {path}"));
    match &planned.verdict {
        Verdict::Go if planned.plan.is_empty() => {
            text!("plan.saved-empty", "Saved the plan to `{path}`. There is nothing to carry out.", path)
        }
        Verdict::Go => text!(
            "plan-view.written",
            "Saved the plan to `{path}`. Run `{command}` to carry it out.",
            path,
            command
        ),
        Verdict::Held(_) | Verdict::Refused(_) => text!(
            "plan.saved-refused",
            "Saved the plan to `{path}`. As long as the limits refuse it, `{command}` is refused, too.",
            path,
            command
        ),
    }
}

/// The command that does what the plan shows.
fn sync(planned: &Planned, commands: &CommandLine) -> String {
    commands.command(if planned.is_full { "sync --full" } else { "sync" })
}

fn headline(planned: &Planned, commands: &CommandLine) -> Line {
    let (sync, all) = (sync(planned, commands), planned.plan.changes.len());
    match &planned.verdict {
        Verdict::Go if planned.plan.is_empty() => {
            Line::new(text!("plan.nothing", "Nothing to do."), Tone::Good)
        }
        Verdict::Go if planned.is_approved => Line::new(
            text!(
                "plan.go-approved",
                "Approved, beyond the limits: `{sync}` would carry out {all:change/changes}.",
                sync,
                all
            ),
            Tone::Good,
        ),
        Verdict::Go => Line::new(
            text!(
                "plan.go-all",
                "Within the limits: `{sync}` would carry out {all:change/changes}.",
                sync,
                all
            ),
            Tone::Good,
        ),
        Verdict::Held(_) => {
            let done = planned.left.as_ref().map_or(0, |it| it.changes.len());
            let held = match done {
                0 => text!(
                    "plan.held-all",
                    "Held back: `{sync}` would carry out none of {all:change/changes}.",
                    sync,
                    all
                ),
                done => text!(
                    "plan.held",
                    "Held back in part: `{sync}` would carry out {done} of {all:change/changes}.",
                    sync,
                    done,
                    all
                ),
            };
            Line::new(held, Tone::Warning)
        }
        Verdict::Refused(_) => {
            Line::new(text!("plan.refused", "Refused: `{sync}` would send nothing.", sync), Tone::Bad)
        }
    }
}

/// Why the verdict is what it is, without what to do.
fn reasons(planned: &Planned) -> Vec<Line> {
    let said = paragraphs(planned.verdict.refusals());
    said.into_iter().map(|it| Line::new(wrapped(&it, "- ", 2), Tone::Warning)).collect()
}

/// The verdict once more, with the reasons and what to do.
fn end(planned: &Planned, commands: &CommandLine) -> Vec<Line> {
    let first = match &planned.verdict {
        Verdict::Go if !planned.plan.is_empty() && !planned.is_approved => {
            let sync = sync(planned, commands);
            Line::new(text!("plan.go", "Within the limits: `{sync}` would carry this out.", sync), Tone::Good)
        }
        _ => headline(planned, commands),
    };
    let mut lines = vec![first];
    lines.extend(in_points(planned.verdict.refusals(), commands));
    lines
}

fn in_points(refused: &[Refusal], commands: &CommandLine) -> Vec<Line> {
    let said = refusals(refused, Stage::Plan, commands);
    said.into_iter().map(|it| Line::plain(wrapped(&it, "- ", 2))).collect()
}

/// Everything that happens, stays or is left out; each section ends with an empty line. Where all of it takes more than a
/// screen, fewer of each group are shown.
fn middle(plan: &Plan, extent: Extent, commands: &CommandLine) -> Vec<Line> {
    let index = PlanIndex::of(plan);
    let sections = |tight: bool| {
        let mut lines = Vec::new();
        for (section, places) in index.sections() {
            if section == PlanSection::Notices {
                lines.extend(notices(plan, extent, commands));
            } else {
                let most = if tight { section.most() / 2 } else { section.most() };
                lines.extend(rows::section(plan, (section, places), extent, most, commands));
            }
            lines.push(Line::default());
        }
        lines
    };
    let lines = sections(false);
    if extent == Extent::Short && height(&lines) > SCREEN { sections(true) } else { lines }
}

fn height(lines: &[Line]) -> usize {
    lines.iter().map(|it| it.text.split('\n').count()).sum()
}

fn notices(plan: &Plan, extent: Extent, commands: &CommandLine) -> Vec<Line> {
    let all = plan.notices.len();
    let shown = if extent == Extent::Short && all > NOTICES + 1 { NOTICES } else { all };
    let mut lines = vec![Line::new(format!("{} ({all})", PlanSection::Notices.title()), Tone::Strong)];
    let said =
        plan.notices.iter().take(shown).map(|it| wrapped(&commands.in_text(&plan_notice(it)), "  * ", 4));
    lines.extend(said.map(|it| Line::new(it, Tone::Warning)));
    if all > shown {
        lines.push(Line::new(format!("  {}", layout::and_more(all - shown)), Tone::Faint));
    }
    lines
}

/// What the settings and the server make of the changes.
fn notes(planned: &Planned, commands: &CommandLine) -> Vec<Line> {
    let plan = &planned.plan;
    let mut said = Vec::new();
    if planned.invites_all_the_same {
        said.push(text!(
            "plan.mailed",
            "`sync.inviteUsersAfterProvisioning` is false, but this server does not support staged members: new members are \
             invited by e-mail."
        ));
    }
    if plan.changes.iter().any(|it| matches!(it, Change::Stage { .. })) {
        said.push(text!(
            "plan.staged",
            "`sync.inviteUsersAfterProvisioning` is false, and this server stages new members: nobody is invited by e-mail."
        ));
    }
    if !plan.waits_for.is_empty() {
        said.push(text!(
            "plan.import-waits",
            "No import can be sent, so nobody is invited and no group changes. What takes access away is sent all the same."
        ));
    }
    let mut lines: Vec<Line> = said.iter().map(|it| Line::new(wrapped(it, "", 0), Tone::Warning)).collect();
    lines.extend(in_points(&plan.waits_for, commands));
    lines
}

/// Why somebody stays or is left out, by the place in the plan's list of that kind.
fn why(plan: &Plan, section: PlanSection, place: usize) -> Option<String> {
    match section {
        PlanSection::Kept => plan.kept.get(place).map(kept),
        PlanSection::LeftOut => plan.left_out.get(place).map(|it| left_out(&it.because)),
        PlanSection::Standing => {
            plan.standing.get(place).map(|it| crate::change::standing(it, plan.server()).1)
        }
        _ => None,
    }
}
