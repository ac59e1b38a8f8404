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

/// Who asks for seats: the two commands of the server word one refusal differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    /// The import.
    Organization,
    /// An invitation by the public API.
    Invitation,
}

/// Decides, before anything is created, whether so many new members fit. An organization with more occupied than
/// bought seats lacks some even for nobody.
///
/// # Errors
///
/// Refuses with a plain 400 when seats are missing and cannot be bought.
pub(crate) fn admit(
    shared: &Shared,
    official: &Official,
    store: &Store,
    new: usize,
    asker: Asker,
) -> Result<Scaling, Refusal> {
    let Some(seats) = shared.seats() else { return Ok(Scaling::NotNeeded) };
    let needed = u64::from(store.occupied_seats()?) + new as u64;
    if needed <= u64::from(seats) {
        return Ok(Scaling::NotNeeded);
    }
    let wanted = u32::try_from(needed).unwrap_or(u32::MAX);
    match obstacle(shared, official, wanted, asker) {
        Some(reason) => Err(Refusal::bad(reason)),
        None => Ok(Scaling::To(wanted)),
    }
}

/// Buys one seat for a member who is restored, where none is free: one, however many more are occupied than bought.
///
/// # Errors
///
/// Refuses with a plain 400 when none is free and none can be bought.
pub(crate) fn make_room(shared: &Shared, official: &Official, store: &Store) -> Result<(), Refusal> {
    let Some(seats) = shared.seats() else { return Ok(()) };
    if store.occupied_seats()? < seats {
        return Ok(());
    }
    let wanted = seats.saturating_add(1);
    if let Some(reason) = obstacle(shared, official, wanted, Asker::Organization) {
        return Err(Refusal::bad(reason));
    }
    if let Subscription::Failing(reason) = &official.subscription {
        return Err(Refusal::bad(reason));
    }
    shared.set_seats(Some(wanted));
    Ok(())
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

fn obstacle(shared: &Shared, official: &Official, wanted: u32, asker: Asker) -> Option<&'static str> {
    if official.hosting == Hosting::SelfHosted {
        return Some(match asker {
            Asker::Organization => "Cannot autoscale on self-hosted instance.",
            Asker::Invitation => "Cannot auto scale self-host.",
        });
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
        return Some(match asker {
            Asker::Organization => {
                "You do not have an active subscription. Reinstate your subscription to make changes"
            }
            Asker::Invitation => {
                "You do not have an active subscription. Reinstate your subscription to make changes."
            }
        });
    }
    shared.most_seats().is_some_and(|most| most < wanted).then_some("Seat limit has been reached.")
}
