//! What the sources say of people who were brought over and are in no read.

use super::RunError;
use super::source::RunSource;
use crate::causes::with_causes;
use crate::event::{Control, Phase};
use bwdc_core::desired::Desired;
use bwdc_core::ledger::LedgerState;
use bwdc_core::names::{SourceName, StableId};
use bwdc_core::observed::{LookupRequest, Presence, Presences};
use bwdc_core::plan::Identity;
use bwdc_core::snapshot::SetAsideBecause;
use std::collections::HashSet;

/// Asks each source for its own people who are missing; for those of whom nobody noted the source, every one. Who is
/// `settled` is not asked for, nor is anybody who was read and whose state the source did not tell: asked for by id, it may
/// show less than it hides.
pub(super) async fn ask_for_missing(
    sources: &[RunSource],
    desired: &Desired,
    ledger: &LedgerState,
    identity: &Identity,
    settled: Presences,
    control: Control<'_>,
) -> Result<Presences, RunError> {
    let mut presences = settled.clone();
    let untold = desired.set_aside().iter().filter(|it| it.because == SetAsideBecause::StateNotTold);
    let ids = untold.flat_map(|it| [Some(it.external_id), it.stable_id]).flatten();
    let untold: HashSet<&str> = ids.map(|it| desired.text(it)).collect();
    for (name, mut missing) in identity.lookups(ledger) {
        missing.retain(|it| {
            // Who was renamed has another name by now.
            let stable_id = it.stable_id.as_ref().map(StableId::as_str);
            if untold.contains(it.external_id.as_str()) || stable_id.is_some_and(|it| untold.contains(it)) {
                let reason = "the directory does not show whether the account is enabled".to_owned();
                presences.insert(it.external_id.clone(), Presence::Unknown { reason });
                return false;
            }
            !settled.contains_key(&it.external_id)
        });
        if missing.is_empty() {
            continue;
        }
        if !name.is_untold() {
            control.tell_of(Phase::Lookup, &name);
            presences.extend(ask(&name, &missing, sources, desired).await?);
            continue;
        }
        for source in sources {
            control.tell_of(Phase::Lookup, &source.name);
            for (id, answer) in ask(&source.name, &missing, sources, desired).await? {
                let known = presences.remove(&id);
                presences.insert(id, known.map_or(answer.clone(), |known| less_gone(known, answer)));
            }
        }
    }
    Ok(presences)
}

/// Somebody is gone only where every source says so, and disabled only where every source could say and none has an account
/// that may be used, or could hide one.
fn less_gone(one: Presence, other: Presence) -> Presence {
    let weight = |it: &Presence| match it {
        Presence::NotFound => 0,
        Presence::Disabled { .. } => 1,
        Presence::Hidden(_) => 2,
        Presence::Unknown { .. } => 3,
        Presence::Found { .. } => 4,
    };
    if weight(&other) > weight(&one) { other } else { one }
}

/// Asks a source. Of one that was not read nobody is asked for.
async fn ask(
    name: &SourceName,
    missing: &[LookupRequest],
    sources: &[RunSource],
    desired: &Desired,
) -> Result<Presences, RunError> {
    let unknown = |reason: String| {
        let one =
            move |it: &LookupRequest| (it.external_id.clone(), Presence::Unknown { reason: reason.clone() });
        missing.iter().map(one).collect::<Presences>()
    };
    let failure = desired.sources().iter().find(|it| it.name == *name).map(|it| it.failure.clone());
    let source = sources.iter().find(|it| it.name == *name);
    Ok(match (source, failure) {
        (Some(_), Some(Some(reason))) => unknown(reason),
        (Some(source), Some(None)) => match source.directory.look_up(missing).await {
            Ok(answers) => answers,
            Err(error) if sources.len() > 1 => unknown(with_causes(&error)),
            Err(error) => return Err(error.into()),
        },
        (None, _) | (_, None) => unknown(format!("the settings name no source `{name}` any more")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Cancel;
    use bwdc_core::ledger::{ManagedPerson, Marks};
    use bwdc_core::names::{Email, ExternalId};
    use bwdc_core::observed::HiddenBecause;
    use bwdc_core::settings::SyncSettings;
    use bwdc_core::snapshot::{ReadScope, Section, SetAside, SnapshotBuilder};

    fn managed(external_id: &str) -> ManagedPerson {
        ManagedPerson {
            external_id: ExternalId::new(external_id),
            source: SourceName::primary(),
            stable_id: None,
            reference: None,
            email: Email::new("a@x.test"),
            revoked_by_us: false,
            out: None,
            member_id: None,
            marks: Marks::default(),
        }
    }

    /// No source is there to be asked, which is an answer of its own.
    #[tokio::test]
    async fn whose_state_is_not_told_is_not_asked_for() {
        let mut builder =
            SnapshotBuilder::new(ReadScope { people: true, groups: false, deleted: false, stable_ids: true });
        for (id, stable_id, because) in [
            ("told", "t", SetAsideBecause::Guest),
            ("untold", "u", SetAsideBecause::StateNotTold),
            ("new name", "stable", SetAsideBecause::StateNotTold),
        ] {
            let (id, stable_id) = (builder.text(id), Some(builder.text(stable_id)));
            builder.set_aside(SetAside { reference: id, key: id, external_id: id, stable_id, because });
        }
        builder.end(Section::People);
        let sync = SyncSettings::from_stored(&serde_json::Map::new()).expect("settings");
        let desired = Desired::build(builder.finish().expect("whole"), &sync).expect("a directory");
        let renamed = ManagedPerson { stable_id: Some(StableId::new("stable")), ..managed("old name") };
        let people = vec![managed("told"), managed("untold"), renamed];
        let ledger = LedgerState { people, ..LedgerState::default() };
        let identity = Identity::new(&desired, &ledger, None);
        let cancel = Cancel::default();
        let control = Control { events: &|_| (), cancel: &cancel };
        let settled = Presences::from([(ExternalId::new("untold"), Presence::NotFound)]);
        let presences = ask_for_missing(&[], &desired, &ledger, &identity, settled, control).await;
        let presences = presences.expect("answers");
        let reason = |id: &str| match &presences[&ExternalId::new(id)] {
            Presence::Unknown { reason } => reason.clone(),
            other => panic!("{id}: {other:?}"),
        };
        for id in ["untold", "old name"] {
            assert_eq!(reason(id), "the directory does not show whether the account is enabled", "{id}");
        }
        assert!(reason("told").contains("name no source"), "{}", reason("told"));
    }

    #[test]
    fn of_two_answers_the_more_careful_one_counts() {
        let unknown = || Presence::Unknown { reason: "busy".to_owned() };
        let in_order = [
            Presence::NotFound,
            Presence::Disabled { at: None },
            Presence::Hidden(HiddenBecause::PlaceUnknown),
            unknown(),
            Presence::Found { at: None },
        ];
        for (place, one) in in_order.iter().enumerate() {
            for (other_place, other) in in_order.iter().enumerate() {
                let expected = &in_order[place.max(other_place)];
                assert_eq!(less_gone(one.clone(), other.clone()), *expected, "{one:?} and {other:?}");
            }
        }
    }
}
