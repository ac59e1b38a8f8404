//! `bwdc approve`

use super::open;
use crate::args::{ApproveArguments, GlobalArguments};
use crate::output::{Answer, Done, Failed};
use bwdc_engine::ledger::RunId;
use serde_json::json;

pub(super) fn run(arguments: &ApproveArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let (run, takings) = open(global)?.approve(arguments.run.map(RunId))?;
    let (people, memberships) = (takings.people().count(), takings.memberships.len());
    let mut text = format!(
        "Run {} is approved for 24 hours: {people} people may lose access and {memberships} memberships may end, nobody else's.",
        run.0
    );
    for (number, what) in [
        (takings.emptied_groups.len(), "groups may be left without members or deleted"),
        (takings.anew.len(), "memberships that were overlooked before may begin"),
        (takings.invited.len(), "people may be invited"),
        (takings.seats, "seats may be bought"),
    ] {
        if number > 0 {
            text.push_str(&format!(" {number} {what}."));
        }
    }
    for (may, what) in [
        (takings.empty_directory, "The directory may return nobody."),
        (takings.no_groups, "The directory may return no groups."),
    ] {
        if may {
            text.push_str(&format!(" {what}"));
        }
    }
    let data = json!({ "object": "approval", "run": run.0, "takings": takings });
    Ok(Answer::Report { data, text }.into())
}
