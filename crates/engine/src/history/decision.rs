//! What an administrator decides about one person who waits.

use super::{HistoryError, open_ledger};
use crate::installation::Installation;
use bwdc_core::ledger::{Choice, Decision};
use bwdc_core::names::Email;
use bwdc_core::normalize::{is_acceptable, lowered_by_server};
use bwdc_core::plan::Waits;

/// Notes a decision about somebody who waits under an address: about this entry and this membership, and no other. `waits`: all who
/// wait, by what directory and organization hold now. The next run carries it out within the limits; it holds until then.
///
/// # Errors
/// [`HistoryError::NoAddress`]; [`HistoryError::NobodyWaits`] or [`HistoryError::CannotInviteAnew`]; [`HistoryError::NoLedger`] before the first run; else why the ledger cannot be written.
pub(crate) fn decide(
    installation: &Installation,
    address: &str,
    choice: Choice,
    waits: &[Waits],
) -> Result<Decision, HistoryError> {
    let address = parsed(address)?;
    let is_it = |it: &&Waits| it.address == address && (it.restorable || choice != Choice::Restore);
    let Some(found) = waits.iter().find(is_it) else {
        let waiting = waits.iter().map(|it| it.address.as_str().to_owned()).collect();
        return Err(HistoryError::NobodyWaits { address: address.as_str().to_owned(), waiting });
    };
    if choice == Choice::Invite && !found.invitable {
        return Err(HistoryError::CannotInviteAnew { address: address.as_str().to_owned() });
    }
    let decision = Decision { address, choice, of: Some(found.of.clone()) };
    let _run_lock = installation.lock("approve")?;
    open_ledger(installation)?.decide(&decision, installation.now())?;
    Ok(decision)
}

/// Takes a decision back that no run has carried out.
///
/// # Errors
/// [`HistoryError::NotDecided`] where there is none; else as for [`decide`].
pub(crate) fn withdraw_decision(
    installation: &Installation,
    address: &str,
) -> Result<Decision, HistoryError> {
    let address = parsed(address)?;
    let _run_lock = installation.lock("approve")?;
    match open_ledger(installation)?.withdraw_decision(&address)? {
        Some(choice) => Ok(Decision { address, choice, of: None }),
        None => Err(HistoryError::NotDecided { address: address.as_str().to_owned() }),
    }
}

fn parsed(address: &str) -> Result<Email, HistoryError> {
    let lowered = lowered_by_server(address.trim());
    match is_acceptable(&lowered) {
        true => Ok(Email::new(lowered)),
        false => Err(HistoryError::NoAddress { typed: address.to_owned() }),
    }
}
