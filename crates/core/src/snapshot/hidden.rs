//! What a source does not show: who is in a group, in which groups somebody is, whether an account is enabled.

use super::{AccountState, SetAside, SetAsideBecause, Snapshot, SnapshotBuilder};
use crate::text::Text;

impl SnapshotBuilder {
    /// Notes that the source does not show who is in the group of this key: its list says nothing.
    pub fn hides_members(&mut self, key: Text) {
        self.snapshot.hidden_members.insert(key);
    }

    /// Notes that the source does not show in which groups the person or group of this key is: it may be in any of them.
    pub fn hides_groups(&mut self, key: Text) {
        self.snapshot.hidden_groups.insert(key);
    }

    /// Whether nobody is told to be enabled, and of somebody it is not told.
    pub fn hides_whoever_is_enabled(&self) -> bool {
        let Snapshot { people, set_aside, .. } = &self.snapshot;
        set_aside.iter().any(|it| it.because == SetAsideBecause::StateNotTold)
            && people.iter().all(|it| it.state != AccountState::Enabled)
    }

    /// Sets aside people who were added, by their keys: the source does not tell whether their accounts are enabled.
    pub fn hide_states(&mut self, is_hidden: impl Fn(Text) -> bool) {
        let Snapshot { people, set_aside, further_mails, .. } = &mut self.snapshot;
        let mut places = Vec::with_capacity(people.len());
        let mut kept = 0;
        people.retain(|it| {
            let is_kept = !is_hidden(it.key);
            places.push(is_kept.then_some(kept));
            kept += usize::from(is_kept);
            if !is_kept {
                set_aside.push(SetAside {
                    reference: it.mail.unwrap_or(it.reference),
                    key: it.key,
                    external_id: it.external_id,
                    stable_id: it.stable_id,
                    because: SetAsideBecause::StateNotTold,
                });
            }
            is_kept
        });
        further_mails.retain_mut(|(person, _)| {
            let place = places[*person];
            *person = place.unwrap_or_default();
            place.is_some()
        });
    }
}
