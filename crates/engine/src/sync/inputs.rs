//! Both sides of a run, read: every source completely or not at all, the organization, and who is missing.

use super::RunError;
use crate::causes::with_causes;
use crate::directory::mirror::{Followed, ReadMode};
use crate::engine::Engine;
use crate::event::{Event, Events};
use crate::ledger::{Ledger, SourcePlace};
use crate::observe::{Wanted, assumed_kind, observe, server};
use crate::organization::Organization;
use crate::sources::ConfiguredSource;
use bwdc_core::desired::{Desired, Source, SourceRead};
use bwdc_core::ledger::LedgerState;
use bwdc_core::names::{SourceName, Timestamp};
use bwdc_core::observed::{Observed, Presence, Presences, Seats, ServerKind, Sought};
use bwdc_core::plan::{Change, Identity, Plan, PlanInput, Takings};
use bwdc_core::settings::{ConnectorSettings, SyncSettings};
use bwdc_core::snapshot::Snapshot;

/// Everything that a plan is made of, owned.
pub(super) struct Inputs {
    pub(super) desired: Desired,
    identity: Identity,
    pub(super) observed: Observed,
    pub(super) ledger: LedgerState,
    presences: Presences,
    pub(super) sync: SyncSettings,
    pub(super) connector: ConnectorSettings,
    pub(super) server: ServerKind,
    /// Whether the server says that it stores members without an invitation; None: it says nothing of itself.
    stages: Option<bool>,
    seats: Option<Seats>,
    recent: Takings,
    /// Whether everything is sent again where nobody can look.
    pub(super) resend: bool,
    now: Timestamp,
}

impl Inputs {
    /// What a plan does otherwise than the settings say.
    pub(super) fn tell(&self, plan: &Plan, events: Events<'_>) {
        if plan.overwrite_withheld {
            events(Event::Notice(
                "`sync.overwriteExisting` is not carried out: whom it would take out cannot be seen in full yet, or this is the first run"
                    .to_owned(),
            ));
        }
    }

    /// Whether a plan invites people whom the settings would have staged.
    pub(super) fn invites_all_the_same(&self, plan: &Plan) -> bool {
        let invites = plan.changes.iter().any(|it| matches!(it, Change::Invite { .. }));
        invites && !self.sync.invite_users_after_provisioning && self.stages != Some(true)
    }

    pub(super) fn borrow(&self) -> PlanInput<'_> {
        PlanInput {
            desired: &self.desired,
            identity: &self.identity,
            observed: &self.observed,
            ledger: &self.ledger,
            presences: &self.presences,
            sync: &self.sync,
            connector: &self.connector,
            server: self.server,
            seats: self.seats,
            stages: self.stages,
            recent: &self.recent,
            resend: self.resend,
            now: self.now,
        }
    }

    /// The sources that could not be read, with why.
    pub(super) fn unread(&self) -> Vec<(String, String)> {
        let unread = self.desired.sources().iter();
        unread.filter_map(|it| Some((it.name.as_str().to_owned(), it.failure.clone()?))).collect()
    }
}

/// How a run reads the directories, and what it remembers of them.
pub(super) enum Reading<'l> {
    /// Everything; nothing is kept.
    Whole,
    /// As the mode says, with mirrors in the ledger.
    Remembered { ledger: &'l mut Ledger, mode: ReadMode },
}

/// What earlier runs left behind.
pub(super) struct Remembered {
    pub(super) state: LedgerState,
    pub(super) recent: Takings,
}

impl Engine {
    /// Reads both sides. The organization is asked for a token before the directory is read: a wrong key shows at once.
    pub(super) async fn inputs(
        &mut self,
        sources: &[ConfiguredSource],
        remembered: Remembered,
        now: Timestamp,
        reading: Reading<'_>,
        events: Events<'_>,
    ) -> Result<(Inputs, Organization), RunError> {
        let Remembered { state, recent } = remembered;
        let alone = sources.len() == 1;
        let source = if alone { SourceName::primary() } else { SourceName::untold() };
        let ledger = state.with_people_of_open_intents(&source);
        let sync = self.sync_settings()?;
        let connector = self.connector_settings()?;
        self.warn_of_clear_text(&connector, events)?;
        let organization = self.organization(&connector)?.open()?;
        let facts = server(&organization, events).await?;
        let full = matches!(reading, Reading::Remembered { mode: ReadMode::Full, .. });
        let mut reads = self.read_all(sources, reading, events).await?;
        if ledger.baseline_taken {
            reads.iter_mut().flat_map(|it| &mut it.read).for_each(|it| it.snapshot.forget_overlooked());
        }
        let desired = Desired::merge(reads, sync.users, connector.conflicts)?;
        let wanted = Wanted { groups: sync.groups, all_members: full, now };
        let (observed, identity) = observe(&organization, &desired, &ledger, wanted, events).await?;
        if let (Some(facts), Observed::Believed(_) | Observed::Unknown) = (&facts, &observed)
            && facts.kind != ServerKind::Vaultwarden
        {
            return Err(RunError::MembersHidden { server: self.endpoints()?.api });
        }
        let stages = facts.as_ref().map(|it| it.stages);
        let server = facts.map_or_else(|| assumed_kind(&observed), |facts| facts.kind);
        let seats = if server == ServerKind::Vaultwarden { None } else { organization.seats(events).await? };
        let groups = ask_for_groups(sources, &identity.sought_groups(&desired, &ledger)).await;
        let identity = identity.with_group_answers(&desired, groups);
        let presences = ask_for_missing(sources, &desired, &ledger, &identity).await?;
        let inputs = Inputs {
            desired,
            identity,
            observed,
            ledger,
            presences,
            sync,
            connector,
            server,
            stages,
            seats,
            recent,
            resend: false,
            now,
        };
        Ok((inputs, organization))
    }

    /// Since when runs count against the limits.
    pub(super) fn window(&self, now: Timestamp) -> Result<Timestamp, RunError> {
        let hours = i64::from(self.connector_settings()?.limits.window_hours);
        Ok(if hours == 0 { Timestamp(i64::MAX) } else { Timestamp(now.0.saturating_sub(hours * 3_600_000)) })
    }

    /// Reads every source. One alone has to be read; of several, at least one: the others' people are unknown then.
    async fn read_all(
        &self,
        sources: &[ConfiguredSource],
        mut reading: Reading<'_>,
        events: Events<'_>,
    ) -> Result<Vec<Source>, RunError> {
        let mut reads = Vec::new();
        let mut first_error = None;
        for source in sources {
            let read = match self.read(source, &mut reading, events).await {
                Ok(snapshot) => Ok(SourceRead { snapshot, settings: source.sync.clone() }),
                Err(RunError::Directory(error)) if sources.len() > 1 => {
                    let reason = with_causes(&error);
                    first_error.get_or_insert(error);
                    Err(reason)
                }
                Err(error) => return Err(error),
            };
            reads.push(Source { name: source.name.clone(), read });
        }
        match first_error {
            Some(error) if reads.iter().all(|it| it.read.is_err()) => Err(error.into()),
            _ => Ok(reads),
        }
    }

    /// Reads a source; a mirror is brought up to date as soon as the read is complete, since it tells of the directory
    /// only.
    async fn read(
        &self,
        source: &ConfiguredSource,
        reading: &mut Reading<'_>,
        events: Events<'_>,
    ) -> Result<Snapshot, RunError> {
        let Reading::Remembered { ledger, mode } = reading else {
            return Ok(source.directory.read(source.scope(), events).await?);
        };
        let now = self.clock.now();
        let mirror = match mode {
            ReadMode::Incremental => ledger.mirror(&source.mirror(), &source.basis, now)?,
            ReadMode::Full => None,
        };
        let Followed { snapshot, refresh } = source.directory.follow(source.scope(), mirror, events).await?;
        ledger.refresh_mirror(&source.mirror(), &source.basis, &refresh, now)?;
        Ok(snapshot)
    }
}

/// The sources by which a ledger knows from where somebody comes. The whole ledger is about the first one already.
pub(super) fn places(sources: &[ConfiguredSource]) -> Vec<SourcePlace> {
    let place = |it: &ConfiguredSource| if it.name.is_primary() { String::new() } else { it.place.clone() };
    sources.iter().map(|it| SourcePlace { name: it.name.clone(), place: place(it) }).collect()
}

/// Asks each source for its own people who are missing; for those of whom nobody noted the source, every one.
async fn ask_for_missing(
    sources: &[ConfiguredSource],
    desired: &Desired,
    ledger: &LedgerState,
    identity: &Identity,
) -> Result<Presences, RunError> {
    let mut presences = Presences::new();
    for (name, missing) in identity.sought(ledger) {
        if !name.is_untold() {
            presences.extend(ask(&name, &missing, sources, desired).await?);
            continue;
        }
        for source in sources {
            for (id, answer) in ask(&source.name, &missing, sources, desired).await? {
                let known = presences.remove(&id);
                presences.insert(id, known.map_or(answer.clone(), |known| less_gone(known, answer)));
            }
        }
    }
    Ok(presences)
}

/// Asks each source for its own groups that are missing. What a source cannot say stays unknown, and ends no run.
async fn ask_for_groups(sources: &[ConfiguredSource], sought: &[(SourceName, Vec<Sought>)]) -> Presences {
    let mut presences = Presences::new();
    for (name, missing) in sought {
        let Some(source) = sources.iter().find(|it| it.name == *name) else { continue };
        match source.directory.look_up_groups(missing).await {
            Ok(answers) => presences.extend(answers.into_iter().flatten()),
            Err(error) => {
                let unknown = Presence::Unknown { reason: with_causes(&error) };
                presences.extend(missing.iter().map(|it| (it.external_id.clone(), unknown.clone())));
            }
        }
    }
    presences
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
    missing: &[Sought],
    sources: &[ConfiguredSource],
    desired: &Desired,
) -> Result<Presences, RunError> {
    let unknown = |reason: String| {
        let one = move |it: &Sought| (it.external_id.clone(), Presence::Unknown { reason: reason.clone() });
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
    use bwdc_core::observed::HiddenBecause;

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
