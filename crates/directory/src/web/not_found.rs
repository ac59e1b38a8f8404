//! "Not found" for everybody says more about the question than about the people: a lost permission, another tenant, a
//! proxy that answers in the service's words. It is believed only where somebody is found by the same question.

use super::error::WebReadError;
use bwdc_core::observed::{Presence, Presences};
use std::future::Future;

/// The presences, with every "not found" as unknown where nobody was found and `somebody_is_found` finds nobody either.
/// `by_id`: whether those who were found count, since they were asked for in the same way.
///
/// # Errors
/// That of `somebody_is_found`, which is asked only where it matters.
pub(super) async fn only_if_others_are_found(
    mut presences: Presences,
    by_id: bool,
    somebody_is_found: impl Future<Output = Result<bool, WebReadError>>,
) -> Result<Presences, WebReadError> {
    let any = |wanted: &Presence| presences.values().any(|presence| presence == wanted);
    let found = by_id && (any(&Presence::Found { at: None }) || any(&Presence::Disabled { at: None }));
    if any(&Presence::NotFound) && !found && !somebody_is_found.await? {
        for presence in presences.values_mut().filter(|it| **it == Presence::NotFound) {
            *presence = Presence::Unknown { reason: "the service finds nobody at all by id".to_owned() };
        }
    }
    Ok(presences)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_core::names::ExternalId;

    fn presences(all: &[Presence]) -> Presences {
        all.iter().enumerate().map(|(number, it)| (ExternalId::new(number.to_string()), it.clone())).collect()
    }

    async fn judged(all: &[Presence], found: bool) -> Vec<bool> {
        judged_by(all, true, found).await
    }

    async fn judged_by(all: &[Presence], by_id: bool, found: bool) -> Vec<bool> {
        let judged = only_if_others_are_found(presences(all), by_id, async { Ok(found) }).await;
        let judged = judged.expect("an answer");
        (0..all.len())
            .map(|number| judged[&ExternalId::new(number.to_string())] == Presence::NotFound)
            .collect()
    }

    #[tokio::test]
    async fn a_denial_is_believed_where_somebody_is_found() {
        assert_eq!(judged(&[Presence::NotFound, Presence::Found { at: None }], false).await, [true, false]);
        assert_eq!(
            judged(&[Presence::NotFound, Presence::Disabled { at: None }], false).await,
            [true, false]
        );
        assert_eq!(judged(&[Presence::NotFound, Presence::NotFound], true).await, [true, true]);
        assert_eq!(judged(&[Presence::NotFound, Presence::NotFound], false).await, [false, false]);
        let listed = [Presence::NotFound, Presence::Found { at: None }];
        assert_eq!(judged_by(&listed, false, false).await, [false, false]);
        assert_eq!(judged_by(&listed, false, true).await, [true, false]);
    }
}
