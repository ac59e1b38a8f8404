//! Seats of the official server: who takes one, and when more are bought.

use super::errors::Refusal;
use super::options::{Hosting, Official, Provider, Subscription};
use super::shared::Shared;
use super::store::Store;

/// What has to happen so that new members fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scaling {
    NotNeeded,
    To(u32),
}

/// Decides, before anything is created, whether so many new members fit.
///
/// # Errors
///
/// Refuses with a plain 400 when seats are missing and cannot be bought, and when nobody owns the organization.
pub(crate) fn admit(
    shared: &Shared,
    official: &Official,
    store: &Store,
    new: usize,
) -> Result<Scaling, Refusal> {
    let mut scaling = Scaling::NotNeeded;
    if let Some(seats) = shared.seats() {
        let needed = u64::from(store.occupied_seats()?) + new as u64;
        if needed > u64::from(seats) {
            let wanted = u32::try_from(needed).unwrap_or(u32::MAX);
            if let Some(reason) = obstacle(official, wanted) {
                return Err(Refusal::bad(reason));
            }
            scaling = Scaling::To(wanted);
        }
    }
    if store.confirmed_owners()? == 0 {
        return Err(Refusal::bad("Organization must have at least one confirmed owner."));
    }
    Ok(scaling)
}

/// Buys the seats once the members exist.
///
/// # Errors
///
/// Reports the reason in `errors`; the caller deletes the members of this request again.
pub(crate) fn scale(shared: &Shared, official: &Official, scaling: Scaling) -> Result<(), Refusal> {
    let Scaling::To(wanted) = scaling else { return Ok(()) };
    match &official.subscription {
        Subscription::Failing(reason) => Err(Refusal::Errors(reason.clone())),
        Subscription::Active | Subscription::Canceled => {
            shared.set_seats(Some(wanted));
            Ok(())
        }
    }
}

fn obstacle(official: &Official, wanted: u32) -> Option<&'static str> {
    if official.hosting == Hosting::SelfHosted {
        return Some("Cannot autoscale on self-hosted instance.");
    }
    match official.provider {
        Some(Provider::ManagedService) => {
            return Some("Seat limit has been reached. Please contact your provider to add more seats.");
        }
        Some(Provider::Reseller) => {
            return Some("Seat limit has been reached. Contact your provider to purchase additional seats.");
        }
        None => {}
    }
    if official.subscription == Subscription::Canceled {
        return Some("You do not have an active subscription. Reinstate your subscription to make changes");
    }
    official.max_autoscale.is_some_and(|most| most < wanted).then_some("Seat limit has been reached.")
}
