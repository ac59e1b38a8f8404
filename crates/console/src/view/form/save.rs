//! From "save" to the file: 1. the settings are read again, to see what somebody else changed meanwhile; 2. where a read may
//! become smaller, people and groups are counted with the settings as they are and as they were typed; 3. what was found is
//! shown and confirmed; 4. only what was changed here is stored.

use super::{Doing, FormView};
use crate::desk::{Desk, Turn};
use crate::job::{Happened, Job};
use crate::key::Key;
use crate::screen::{Line, Tone};
use crate::view::trouble::TroubleView;
use bwdc_engine::Cancel;
use bwdc_messages::form::{consequences, may_shrink};
use bwdc_messages::setting::{label, value};
use bwdc_messages::setup::{Counted, SetupDone, SetupWork, Typed};
use bwdc_messages::text;

/// How far it is.
#[derive(Default)]
pub(super) struct Saving {
    stage: Stage,
    /// What was found, in the order in which it is shown.
    pub(super) lines: Vec<Line>,
    before: Option<Counted>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Looking,
    CountingBefore,
    CountingAfter,
    /// Somebody has to say yes.
    Asking,
    Writing,
}

impl Saving {
    pub(super) fn asks(&self) -> bool {
        self.stage == Stage::Asking
    }
}

impl FormView {
    pub(super) fn begin_to_save(&mut self, desk: &mut Desk) {
        if !self.model.has_changes() {
            desk.say(text!("form.nothing-changed", "Nothing was changed."), Tone::Faint);
            return;
        }
        if let Some((name, error)) = self.model.first_error() {
            self.at.0 = self.model.position(name).unwrap_or(self.at.0);
            desk.say(error, Tone::Bad);
            return;
        }
        self.progress = text!("setup.wait-saved", "Saving");
        self.doing = Doing::Saving(Saving::default());
        self.job = Some(desk.start(Job::State));
    }

    fn go_on(&mut self, saving: Saving) {
        self.doing = Doing::Saving(saving);
    }

    /// Takes what came of the step that was under way.
    pub(super) fn step_of_saving(&mut self, what: Happened, desk: &mut Desk) -> Turn {
        let Doing::Saving(saving) = std::mem::replace(&mut self.doing, Doing::Walking) else {
            return Turn::Stay;
        };
        match (saving.stage, what) {
            (Stage::Looking, Happened::State(state)) => {
                let mut saving = saving;
                for (setting, now, typed) in self.model.clashes(&state.entries) {
                    let typed = typed.unwrap_or_else(|| text!("form.default", "the default"));
                    saving.lines.push(Line::new(
                        text!(
                            "form.clash",
                            "{label} was changed elsewhere: it is `{now}` now, and would become `{typed}`.",
                            label = label(setting),
                            now = value(setting, &now),
                            typed
                        ),
                        Tone::Warning,
                    ));
                }
                desk.state = Some(Ok(*state));
                self.count_or_ask(saving, desk);
            }
            (Stage::CountingBefore, Happened::Setup(done)) => {
                let before = counted(*done);
                self.count_after(Saving { before, ..saving }, desk);
            }
            (Stage::CountingAfter, Happened::Setup(done)) => self.compare(saving, *done),
            (Stage::Writing, Happened::State(state)) => {
                let number = self.model.changed().len() + self.model.secrets.len();
                self.model.saved(state.entries.clone());
                self.at.within(self.model.rows().len());
                desk.state = Some(Ok(*state));
                desk.say(text!("form.saved", "Saved {number:setting/settings}.", number), Tone::Good);
            }
            (_, Happened::Failed(error)) => {
                // What was typed stays in the form below.
                let title = text!("form.not-saved", "It could not be saved");
                return Turn::Open(Box::new(TroubleView::of(title, &error, desk)));
            }
            _ => {}
        }
        Turn::Stay
    }

    fn count_or_ask(&mut self, mut saving: Saving, desk: &mut Desk) {
        let changed = self.model.changed();
        saving.lines.extend(consequences(&changed).into_iter().map(Line::plain));
        // The service counts for nobody: its plan tells what a change would do.
        let can_count = desk.installation().is_some_and(|it| it.client_id.is_some() && !it.by_service);
        if can_count && changed.iter().any(|it| may_shrink(it)) {
            saving.stage = Stage::CountingBefore;
            self.count(Typed::default(), desk);
            self.go_on(saving);
            return;
        }
        if saving.lines.is_empty() {
            self.write(saving, desk);
        } else {
            saving.stage = Stage::Asking;
            self.go_on(saving);
        }
    }

    fn count(&mut self, typed: Typed, desk: &mut Desk) {
        self.cancel = Cancel::default();
        self.progress =
            text!("form.counting", "Counting people and groups with the old and the new settings");
        self.job = Some(desk.start_with(Job::Setup(SetupWork::Count(typed)), self.cancel.clone()));
    }

    fn count_after(&mut self, mut saving: Saving, desk: &mut Desk) {
        saving.stage = Stage::CountingAfter;
        let secret = self.model.secrets_to_store().into_iter().next();
        self.count(Typed { settings: self.model.typed(), secret }, desk);
        self.go_on(saving);
    }

    fn compare(&mut self, mut saving: Saving, done: SetupDone) {
        saving.stage = Stage::Asking;
        let lines = match (&saving.before, done) {
            (before, SetupDone::Counted(after)) => {
                let all = |it: &Counted| (it.enabled + it.disabled, it.groups);
                let (people, groups) = all(&after);
                let (people_before, groups_before) = before.as_ref().map_or((0, 0), all);
                let fewer = before.is_some() && (people < people_before || groups < groups_before);
                let tone = if fewer { Tone::Bad } else { Tone::Plain };
                let said = if before.is_some() {
                    text!(
                        "form.counts",
                        "Before: {people_before:person/people} and {groups_before:group/groups}. After: {people:person/people} and \
                         {groups:group/groups}.",
                        people_before,
                        groups_before,
                        people,
                        groups
                    )
                } else {
                    text!(
                        "form.counts-after",
                        "With these settings: {people:person/people} and {groups:group/groups}. With the old ones the directory cannot \
                         be read.",
                        people,
                        groups
                    )
                };
                vec![Line::new(said, tone)]
            }
            (_, SetupDone::Failed(error) | SetupDone::SharedAddress(error)) => not_counted(&error),
            _ => Vec::new(),
        };
        saving.lines.splice(0..0, lines);
        self.go_on(saving);
    }

    fn write(&mut self, mut saving: Saving, desk: &mut Desk) {
        saving.stage = Stage::Writing;
        let job = Job::Save { settings: self.model.to_store(), secrets: self.model.secrets_to_store() };
        self.progress = text!("setup.wait-saved", "Saving");
        self.job = Some(desk.start(job));
        self.go_on(saving);
    }

    /// Takes a key while it is being saved.
    pub(super) fn confirm(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        let Doing::Saving(saving) = std::mem::replace(&mut self.doing, Doing::Walking) else {
            return Turn::Stay;
        };
        match (saving.stage, key) {
            (Stage::Asking, Key::Char('y')) => self.write(saving, desk),
            (Stage::Asking, Key::Char('n') | Key::Esc) => {}
            // What is being written is waited for.
            (Stage::Writing, _) => self.go_on(saving),
            (Stage::Looking | Stage::CountingBefore | Stage::CountingAfter, Key::Esc | Key::Stop) => {
                self.cancel.cancel();
                self.job = None;
            }
            _ => {
                self.go_on(saving);
                return Turn::Unknown;
            }
        }
        Turn::Stay
    }
}

/// Why the people could not be counted, and what can be done about it, in lines of its own.
fn not_counted(error: &str) -> Vec<Line> {
    let mut said = error.lines();
    let error = said.next().unwrap_or_default();
    let first = text!("form.not-counted", "With these settings the directory cannot be read: {error}", error);
    let mut lines = vec![Line::new(first, Tone::Bad)];
    lines.extend(said.map(Line::plain));
    lines
}

fn counted(done: SetupDone) -> Option<Counted> {
    match done {
        SetupDone::Counted(counted) => Some(counted),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_done_is_said_in_a_line_of_its_own() {
        let lines = not_counted("It did not answer.\nTry again.");
        let said: Vec<&str> = lines.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(
            said,
            ["With these settings the directory cannot be read: It did not answer.", "Try again."]
        );
    }
}
