//! What becomes of people who leave, in a few lines: before the first sync is the time to know it.

use super::Setup;
use crate::line::Line;
use crate::text;

impl Setup {
    /// What becomes of people who leave, as the settings have it, and which settings these are.
    pub(super) fn leaver_lines(&self) -> Vec<Line> {
        let causes = [
            ("leavers.disabled", text!("setup.leavers.disabled", "disabled")),
            ("leavers.deleted", text!("setup.leavers.deleted", "deleted")),
            ("leavers.gone", text!("setup.leavers.gone", "gone")),
            ("leavers.out-of-scope", text!("setup.leavers.out-of-scope", "outside of the filters")),
        ];
        let with = |action: &str| {
            let found = causes.iter().filter(|(name, _)| self.action(name) == action);
            found.map(|(_, cause)| cause.clone()).collect::<Vec<_>>()
        };
        let sentence = |action: &str, words: fn(String) -> String| {
            let causes = with(action);
            (!causes.is_empty()).then(|| words(causes.join(", ")))
        };
        let said = [
            sentence("revoke", |causes| {
                text!("setup.leavers.revoke", "{causes}: they lose access and keep the membership.", causes)
            }),
            sentence("remove", |causes| {
                text!("setup.leavers.remove", "{causes}: they are removed from the organization.", causes)
            }),
            sentence("keep", |causes| text!("setup.leavers.keep", "{causes}: they stay members.", causes)),
        ];
        let title = text!("setup.leavers.title", "People who leave later (the settings `leavers.…` decide):");
        let lines = said.into_iter().flatten().map(|it| Line::plain(format!("- {it}")));
        [Line::default(), Line::plain(title)].into_iter().chain(lines).collect()
    }

    /// Where nobody chose, what the official connector does.
    fn action(&self, name: &str) -> String {
        match (self.value(name), name) {
            (chosen, _) if !chosen.is_empty() => chosen,
            (_, "leavers.deleted") => "remove".to_owned(),
            (_, "leavers.disabled") if self.value("sync.removeDisabled") == "true" => "remove".to_owned(),
            _ => "keep".to_owned(),
        }
    }
}
