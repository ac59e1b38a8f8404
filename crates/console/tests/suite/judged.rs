//! A plan by the rules themselves, with the verdict of the limits. Also for the tests of other crates.

use bwdc_core::desired::Desired;
use bwdc_core::ledger::LedgerState;
use bwdc_core::names::Timestamp;
use bwdc_core::observed::{Observed, OrganizationState, Presences, ServerKind};
use bwdc_core::plan::{ApprovalScope, Identity, Plan, PlanInput};
use bwdc_core::settings::{ConnectorSettings, SyncSettings};
use bwdc_engine::{Planned, SavedPlan};
use serde_json::json;

/// What is known beside the directory.
pub(crate) struct Known {
    pub(crate) state: OrganizationState,
    pub(crate) ledger: LedgerState,
    pub(crate) presences: Presences,
}

pub(crate) fn judged(
    desired: &Desired,
    sync: &SyncSettings,
    known: Known,
    connector: &ConnectorSettings,
    settled: bool,
) -> Planned {
    let Known { state, ledger, presences } = known;
    let observed = Observed::Live(state);
    let identity = Identity::new(desired, &ledger, observed.state());
    let recent = ApprovalScope::default();
    let plan = Plan::build(&PlanInput {
        desired,
        identity: &identity,
        observed: &observed,
        ledger: &ledger,
        presences: &presences,
        sync,
        connector,
        server: ServerKind::OfficialCloud,
        seats: None,
        stages: None,
        recent: &recent,
        unfound_of_directory: 0,
        resend: false,
        revokes: true,
        settled,
        now: Timestamp(0),
    });
    let verdict = plan.check(&connector.limits, &[]);
    let saved: SavedPlan = serde_json::from_value(json!({
        "version": 2, "server": "https://api.bitwarden.com", "organizationId": "6d1f7f0a", "changes": [],
    }))
    .expect("a saved plan");
    Planned {
        plan,
        verdict,
        left: None,
        saved,
        invites_all_the_same: false,
        is_full: false,
        is_approved: false,
    }
}
