//! Whether somebody approved a refused run, and until when that counts.

use super::HistoryError;
use crate::installation::Installation;
use crate::ledger::{APPROVAL, ApprovalUse, Ledger, LedgerError, RunId};
use bwdc_core::names::Timestamp;

/// How far the approval of a refused run counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApprovalState {
    /// Nobody approved it.
    #[default]
    Missing,
    /// A run may carry it out.
    Counts {
        /// Until then.
        until: Timestamp,
    },
    /// A run has done all of it.
    CarriedOut {
        /// Which.
        by: RunId,
    },
    /// It was approved, and no run carried it out in time.
    Expired {
        /// Since then.
        since: Timestamp,
    },
}

impl ApprovalState {
    /// Of an approval that was given at this time, if one was.
    pub fn of(approved: Option<Timestamp>, now: Timestamp) -> Self {
        let Some(approved) = approved else { return Self::Missing };
        let end = Timestamp(approved.0.saturating_add(APPROVAL));
        // A clock that was set back makes no approval of the future count.
        match approved <= now && now <= end {
            true => Self::Counts { until: end },
            false => Self::Expired { since: end.min(now) },
        }
    }
}

/// How far the approval of a refused run counts.
///
/// # Errors
/// Why the ledger cannot be read.
pub(crate) fn approval_of(installation: &Installation, run: RunId) -> Result<ApprovalState, HistoryError> {
    let Some(ledger) = Ledger::open_to_read(&installation.profile().connector_db)? else {
        return Ok(ApprovalState::Missing);
    };
    let approved = ledger.approved_at(run)?;
    let scope = ledger.quarantined(Some(run))?.map(|(_, scope)| scope).unwrap_or_default();
    let used = ledger.use_of_approval(run, &scope)?;
    Ok(match used {
        Some(used) if approved.is_some() && used.is_whole() => ApprovalState::CarriedOut { by: used.run },
        _ => ApprovalState::of(approved, installation.now()),
    })
}

/// An approval that was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawnApproval {
    /// The refused run.
    pub run: RunId,
    /// What runs had done with it before.
    pub used: Option<ApprovalUse>,
}

/// Takes an approval back that still counts: that of the given run, else the last one that a run has not carried out yet.
pub(super) fn take_back(
    ledger: &mut Ledger,
    run: Option<RunId>,
    now: Timestamp,
) -> Result<Option<WithdrawnApproval>, LedgerError> {
    let mut standing = Vec::new();
    for (refused, _, scope) in ledger.standing_approvals(now)? {
        if run.is_none_or(|it| it == refused) {
            let used = ledger.use_of_approval(refused, &scope)?;
            standing.push(WithdrawnApproval { run: refused, used });
        }
    }
    let is_open = |it: &WithdrawnApproval| !it.used.as_ref().is_some_and(ApprovalUse::is_whole);
    let place = standing.iter().position(is_open).unwrap_or(0);
    let Some(chosen) = standing.into_iter().nth(place) else { return Ok(None) };
    let withdrawn = ledger.withdraw(Some(chosen.run), now)?;
    Ok(withdrawn.map(|_| chosen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_approval_counts_for_a_day_and_one_of_the_future_does_not() {
        let of = |approved: i64, now: i64| ApprovalState::of(Some(Timestamp(approved)), Timestamp(now));
        let end = Timestamp(1_000 + APPROVAL);
        assert_eq!(ApprovalState::of(None, end), ApprovalState::Missing);
        assert_eq!(of(1_000, 1_000), ApprovalState::Counts { until: end });
        assert_eq!(of(1_000, end.0), ApprovalState::Counts { until: end });
        assert_eq!(of(1_000, end.0 + 1), ApprovalState::Expired { since: end });
        assert_eq!(of(1_000, 999), ApprovalState::Expired { since: Timestamp(999) });
    }
}
