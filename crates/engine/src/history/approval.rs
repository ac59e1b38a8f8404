//! Whether somebody approved a refused run, and until when that counts.

use super::HistoryError;
use crate::installation::Installation;
use crate::ledger::{APPROVAL, Ledger, RunId};
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
    let ledger = Ledger::open_to_read(&installation.profile().connector_db)?;
    let approved = ledger.map(|it| it.approved_at(run)).transpose()?.flatten();
    Ok(ApprovalState::of(approved, installation.now()))
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
