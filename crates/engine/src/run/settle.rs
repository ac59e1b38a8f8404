//! Before anything is imported: an import of an earlier run whose end nobody knows has to be over.
//!
//! The server neither runs imports one after the other nor stops one when the client goes away. A second one beside it invites
//! everybody twice, and from then on every import fails. So the organization is looked at until it has stopped changing.
//! People who lose access need not wait for that: to revoke one person cannot double anybody.

use super::RunError;
use super::observe::{Sight, look, read_memberships};
use crate::clock::Clock;
use crate::event::{Control, Event, Phase};
use crate::failpoint;
use crate::ledger::{Ledger, Outcome};
use crate::notice::Notice;
use crate::organization::Organization;
use bwdc_core::import::{ImportPace, Looks, Named, Settled};
use bwdc_core::ledger::{Intent, ManagedGroup};
use bwdc_core::names::Timestamp;
use bwdc_core::observed::ServerKind;
use bwdc_core::wire::ImportRequest;
use std::time::Duration;

/// How long is waited: plain values, so that a test can run the same rules in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    /// Between two looks.
    pub(super) apart: Duration,
    /// In all.
    pub(super) most: Duration,
    /// How many seconds pass in one real second.
    pub(super) speed: f64,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            apart: Duration::from_secs(10),
            most: Duration::from_secs(15 * 60),
            speed: failpoint::wait_speed(),
        }
    }
}

/// What became of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// The imports are over.
    Over,
    /// They are not yet, as far as a short look tells.
    Longer,
}

/// Imports of earlier runs of which nobody knows whether they are over.
pub(super) struct OpenImports {
    intents: Vec<Intent>,
    /// Groups of which the ledger knows who is in them.
    groups: Vec<ManagedGroup>,
    /// How long they may take, counted from when the last of them was sent.
    may_take: Duration,
    /// Since the last of them was sent, pauses of this wait counted as long as they stand for.
    at: Duration,
    /// Of this wait.
    waited: Duration,
    looks: Looks,
    waits: Waits,
}

impl OpenImports {
    /// The open imports of the journal, or the time until which one may be under way that was forgotten with the ledger; None:
    /// there is nothing to wait for.
    pub(super) fn of(ledger: &Ledger, clock: Clock, waits: Waits) -> Result<Option<Self>, RunError> {
        let mut intents = ledger.open_intents()?;
        intents.retain(|it| it.import_under_way().is_some());
        let (pace, now) = (ledger.import_pace()?, clock.now());
        let until = ledger.import_until()?.filter(|it| *it > now);
        if intents.is_empty() && until.is_none() {
            return Ok(None);
        }
        let groups = ledger.state()?.groups;
        let since = |sent: Timestamp| {
            Duration::from_millis(u64::try_from(now.0.saturating_sub(sent.0)).unwrap_or_default())
        };
        let (may_take, at) = match intents.iter().map(|it| it.intended_at).max() {
            Some(sent) => {
                let imports = intents.iter().filter_map(|it| Some((it, it.import_under_way()?)));
                let may_take = imports.map(|(intent, import)| intent.may_take(import, pace)).max();
                (may_take.unwrap_or_default(), since(sent))
            }
            None => {
                let left = until.map_or(0, |until| until.0.saturating_sub(now.0));
                let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
                (left.min(ImportPace::MOST), Duration::ZERO)
            }
        };
        let looks = Looks::new(may_take);
        Ok(Some(Self { intents, groups, may_take, at, waited: Duration::ZERO, looks, waits }))
    }

    /// Two looks, which suffice where everything is as the imports ask, or where they were sent long ago.
    pub(super) async fn look_twice(
        &mut self,
        organization: &Organization,
        control: Control<'_>,
    ) -> Result<Wait, RunError> {
        for pause in [Duration::ZERO, self.waits.apart] {
            self.pause(pause, control).await?;
            if self.look(organization, control).await? == Settled::Yes {
                return Ok(Wait::Over);
            }
        }
        Ok(Wait::Longer)
    }

    /// Looks until they are over.
    ///
    /// # Errors
    /// [`RunError::ImportUnderWay`] when the organization still changes after the longest wait.
    pub(super) async fn wait(
        &mut self,
        organization: &Organization,
        control: Control<'_>,
    ) -> Result<(), RunError> {
        loop {
            // As long as it takes until the time alone is enough, and that is waited in any case.
            if self.waited >= self.waits.most && !self.looks.left(self.at).is_zero() {
                let moved = self.looks.moved();
                return Err(RunError::ImportUnderWay { people: moved.people, groups: moved.groups });
            }
            self.pause(self.waits.apart, control).await?;
            if self.look(organization, control).await? == Settled::Yes {
                return Ok(());
            }
        }
    }

    /// Notes that they are over.
    pub(super) fn close(
        &self,
        ledger: &mut Ledger,
        clock: Clock,
        control: Control<'_>,
    ) -> Result<(), RunError> {
        for intent in &self.intents {
            ledger.resolve(intent.id, Outcome::Over, clock.now())?;
        }
        control.notice(Notice::WaitedForImport { seconds: self.waited.as_secs() });
        Ok(())
    }

    async fn look(&mut self, organization: &Organization, control: Control<'_>) -> Result<Settled, RunError> {
        let cancel = control.cancel;
        cancel.unless_cancelled(self.look_once(organization, control)).await.ok_or(RunError::Cancelled)?
    }

    async fn look_once(
        &mut self,
        organization: &Organization,
        control: Control<'_>,
    ) -> Result<Settled, RunError> {
        let imports: Vec<&ImportRequest> = self.intents.iter().filter_map(Intent::import_under_way).collect();
        let events = control.begin(Phase::Settling, None);
        let groups_wanted = imports.iter().any(|it| !it.groups.is_empty());
        let sight = match imports.is_empty() {
            true => Sight::Nothing,
            false => look(organization, groups_wanted, &events).await?,
        };
        let (mut state, server, in_parts) = match sight {
            // Nobody can look: the time is all there is to go by.
            Sight::Nothing if self.at >= self.may_take => return Ok(Settled::Yes),
            Sight::Nothing => return Ok(Settled::NotYet),
            Sight::WithoutMemberships(state) => (state, ServerKind::OfficialSelfHosted, true),
            Sight::Everything(state) => (state, ServerKind::Vaultwarden, false),
        };
        let known = self.groups.iter().map(|it| (it.external_id.as_str(), &*it.members)).collect();
        let named = Named::new(imports, &known, server);
        if in_parts {
            let sample = named.sample(&state);
            read_memberships(organization, &mut state, &sample, &events).await?;
        }
        let settled = self.looks.take(self.at, named.traces(&state), named.is_complete(&state));
        if settled != Settled::IfAllGroupsAre {
            return Ok(settled);
        }
        if in_parts {
            let all = named.all_groups(&state);
            read_memberships(organization, &mut state, &all, &events).await?;
        }
        let is_over = named.is_complete(&state) || self.looks.left(self.at).is_zero();
        Ok(if is_over { Settled::Yes } else { Settled::NotYet })
    }

    async fn pause(&mut self, pause: Duration, control: Control<'_>) -> Result<(), RunError> {
        let left = self.looks.left(self.at).max(pause).min(self.waits.most.saturating_sub(self.waited));
        control.begin(Phase::Settling, None)(Event::Settling { seconds: left.as_secs() });
        let sleep = tokio::time::sleep(pause.div_f64(self.waits.speed));
        control.cancel.unless_cancelled(sleep).await.ok_or(RunError::Cancelled)?;
        self.at += pause;
        self.waited += pause;
        Ok(())
    }
}
