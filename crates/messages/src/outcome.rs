//! What a run leaves to be known, however it ended: who lost access, who is left out, what stays different, who stays and why.

use crate::change::{cause, kept, left_out, standing};
use crate::list::some;
use crate::text;
use bwdc_core::plan::Change;
use bwdc_engine::{SyncReport, Verification};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One line for each kind; none where there is nothing to tell.
pub fn lines(report: &SyncReport) -> Vec<String> {
    let told = Told::of(report);
    let is_unseen = report.verification == Verification::SentNotVerified;
    let lost = |number, names| match is_unseen {
        false => text!("outcome.revoked", "{number:member/members} lost access: {names}.", number, names),
        true => text!(
            "outcome.sent-as-deleted",
            "{number:member was/members were} sent to the server as deleted: {names}.",
            number,
            names
        ),
    };
    let kinds = [
        line(&told.revoked, lost),
        line(&told.left_out, |number, names| {
            text!("outcome.left-out", "Left out ({number}): {names}.", number, names)
        }),
        line(&told.standing, |number, names| {
            text!("outcome.standing", "Differences that stay ({number}): {names}.", number, names)
        }),
        line(&told.kept, |number, names| {
            text!("outcome.kept", "Kept although not brought over ({number}): {names}.", number, names)
        }),
    ];
    let mut lines: Vec<String> = kinds.into_iter().flatten().collect();
    if (is_unseen || !lines.is_empty()) && report.left.is_empty() {
        lines.extend(crate::sync::verification(&report.verification));
    }
    lines
}

/// The same for scripts, with all names; None where there is nothing to tell.
pub fn data(report: &SyncReport) -> Option<Value> {
    let told = Told::of(report);
    let verification = match report.verification {
        _ if !report.left.is_empty() => "notAsPlanned",
        Verification::NothingSent => "nothingSent",
        Verification::Verified => "verified",
        Verification::VerifiedExcept { .. } => "verifiedExcept",
        Verification::SentNotVerified => "sentNotVerified",
    };
    let rows =
        |of: &[Row]| of.iter().map(|it| json!({ "name": it.name, "reason": it.why })).collect::<Value>();
    let is_told =
        !told.is_nothing() || !report.left.is_empty() || report.verification == Verification::SentNotVerified;
    is_told.then(|| {
        json!({
            "changes": report.done(),
            "revoked": rows(&told.revoked),
            "leftOut": rows(&told.left_out),
            "standing": rows(&told.standing),
            "kept": rows(&told.kept),
            "verification": verification,
        })
    })
}

struct Row {
    name: String,
    why: String,
}

/// What there is to tell, by kind.
struct Told {
    revoked: Vec<Row>,
    left_out: Vec<Row>,
    standing: Vec<Row>,
    kept: Vec<Row>,
}

impl Told {
    fn of(report: &SyncReport) -> Self {
        let plan = &report.plan;
        let revoked = report.changes_made().filter_map(|it| match it {
            Change::Revoke { person, cause: why } | Change::Remove { person, cause: why } => {
                Some(Row { name: person.name.clone(), why: cause(*why) })
            }
            _ => None,
        });
        let standing = plan.standing.iter().map(|it| standing(it, plan.server()));
        // Somebody whom several groups list is left out once.
        let left: BTreeMap<&str, String> =
            plan.each_left_out().map(|(_, it)| (it.reference.as_str(), left_out(&it.because))).collect();
        Self {
            revoked: revoked.collect(),
            left_out: left.into_iter().map(|(name, why)| Row { name: name.to_owned(), why }).collect(),
            standing: standing.map(|(name, why)| Row { name: name.to_owned(), why }).collect(),
            kept: plan.staying().map(|it| Row { name: it.person.name.clone(), why: kept(it) }).collect(),
        }
    }

    fn is_nothing(&self) -> bool {
        [&self.revoked, &self.left_out, &self.standing, &self.kept].iter().all(|it| it.is_empty())
    }
}

fn line(rows: &[Row], sentence: impl Fn(usize, String) -> String) -> Option<String> {
    let named = |it: &Row| {
        text!("outcome.one", "`{name}` ({why})", name = &it.name, why = it.why.trim_end_matches('.'))
    };
    let names: Vec<String> = rows.iter().map(named).collect();
    (!rows.is_empty()).then(|| sentence(rows.len(), some(&names)))
}
