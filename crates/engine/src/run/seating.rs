//! An import for which there are too few seats, on a server that does not tell how many there are.
//!
//! The server invites before it comes to the groups, and refuses everybody for one too many. So the import goes out without
//! newcomers, then they go in their order, by halves, until it is known how many fit.

use super::send::{Failure, Sent, Wire, size};
use crate::event::Event;
use crate::organization::ApplyError;
use bwdc_core::import::RefusedRecord;
use bwdc_core::names::ExternalId;
use bwdc_core::plan::Plan;
use bwdc_core::wire::{ImportGroup, ImportMember, ImportRequest, Request};
use std::collections::{HashMap, HashSet};

/// Imports that one run sends to find out how many fit, at most.
const TRIES: usize = 8;

impl Wire<'_> {
    /// Sends what can be sent of an import that lacks seats, and names who waits.
    ///
    /// # Errors
    /// The server's refusal where newcomers are not the reason: more seats are taken than there are.
    pub(super) async fn seat(
        &mut self,
        plan: &Plan,
        import: &ImportRequest,
        refusal: ApplyError,
        sent: &mut Sent,
    ) -> Result<(), Failure> {
        let joins: HashSet<&str> = plan.changes.iter().filter_map(|it| it.joins()).collect();
        let is_new = |it: &ImportMember| !it.deleted && joins.contains(it.external_id.as_str());
        let (mut newcomers, others): (Vec<ImportMember>, Vec<ImportMember>) =
            import.members.iter().cloned().partition(is_new);
        if newcomers.is_empty() {
            return Err(Failure::of(refusal));
        }
        let rest = ImportRequest { members: others, ..import.clone() };
        if size(&rest) > 0 {
            self.send_part(rest, sent).await?.map_err(Failure::of)?;
        }
        let waiting = self.ledger.waiting()?;
        let rank: HashMap<&ExternalId, usize> =
            waiting.iter().enumerate().map(|(place, id)| (id, place)).collect();
        newcomers.sort_by_key(|it| rank.get(&it.external_id).copied().unwrap_or(usize::MAX));
        // Between these lies how many fit: so many are in, and so many are too many.
        let (mut seated, mut too_many) = (0, newcomers.len());
        let fitted = self.ledger.seats_fitted()?.filter(|it| (1..too_many).contains(it));
        for turn in 0..TRIES {
            let half = (seated + too_many) / 2;
            let upto = fitted.filter(|_| turn == 0).unwrap_or(half.max(seated + 1));
            if upto >= too_many {
                break;
            }
            let part = with_groups(import, &newcomers[seated..upto]);
            match self.send_part(part, sent).await? {
                Ok(()) => seated = upto,
                Err(error) if error.lacks_seats() => too_many = upto,
                Err(error) => return Err(Failure::of(error)),
            }
        }
        self.ledger.note_seats_fitted(seated)?;
        let reason = refusal.to_string();
        sent.without_seat.extend(newcomers[seated..].iter().map(|it| RefusedRecord {
            name: it.email.clone().unwrap_or_default(),
            external_id: it.external_id.clone(),
            is_group: false,
            reason: reason.clone(),
        }));
        Ok(())
    }

    async fn send_part(
        &mut self,
        part: ImportRequest,
        sent: &mut Sent,
    ) -> Result<Result<(), ApplyError>, Failure> {
        (self.events)(Event::Splitting { records: size(&part) });
        let (_, answer) = self.send_one(&Request::Import(part)).await?;
        sent.accepted += usize::from(answer.is_ok());
        Ok(answer)
    }
}

/// An import of these people, with the groups that list any of them: the server knew nobody of them when it filled these.
fn with_groups(import: &ImportRequest, members: &[ImportMember]) -> ImportRequest {
    let ids: HashSet<&ExternalId> = members.iter().map(|it| &it.external_id).collect();
    let lists = |it: &&ImportGroup| it.member_external_ids.iter().any(|id| ids.contains(id));
    let groups = import.groups.iter().filter(lists).cloned().collect();
    ImportRequest { members: members.to_vec(), groups, ..import.clone() }
}
