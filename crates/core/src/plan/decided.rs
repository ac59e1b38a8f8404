//! What becomes of an administrator's decisions about people who wait: they hold until a run has carried them out.

use super::notice::PlanNotice;
use super::{After, Cause, Plan, PlanInput};
use crate::ledger::Decision;
use crate::names::Email;

impl Plan {
    /// The decisions that hold after this plan was carried out. One about an address under which nobody waits holds no longer: it
    /// must not decide about somebody else one day.
    pub(super) fn decisions_after(&self, input: &PlanInput<'_>, after: After<'_>) -> Vec<Decision> {
        let left = match after {
            After::Observed(state) => self.unfinished(state),
            After::Accepted => Vec::new(),
        };
        let is_made = |address: &Email| {
            let about = self
                .changes
                .iter()
                .filter(|it| it.cause() == Cause::EntryReplaced && it.subject().name == address.as_str());
            let (made, unmade): (Vec<_>, Vec<_>) = about.partition(|it| !left.contains(it));
            !made.is_empty() && unmade.is_empty()
        };
        let holds = |it: &&Decision| !self.undisputed.contains(&it.address) && !is_made(&it.address);
        input.ledger.decisions.iter().filter(holds).cloned().collect()
    }

    /// Names decisions that decide nothing, but for those that an earlier run has carried out.
    pub(super) fn tell_of_decisions(&mut self, input: &PlanInput<'_>) {
        let is_known = |address: &Email| {
            let everybody = input.desired.everybody().iter().enumerate();
            let mut holders = everybody.filter(|(_, it)| {
                it.email.is_some_and(|email| input.desired.text(email) == address.as_str())
            });
            holders.any(|(number, _)| input.identity.is_known(number))
        };
        let idle = self.undisputed.iter().filter(|it| !is_known(it));
        let notices = idle.map(|it| PlanNotice::NothingToDecide { address: it.as_str().to_owned() });
        self.notices.extend(notices);
    }
}
