//! Sends what a plan sends, each request on record before it leaves, and looks for the record that a server fails on.

use super::RunError;
use crate::engine::Engine;
use crate::event::{Event, Events};
use crate::ledger::{Ledger, Outcome, RunId};
use crate::organization::{ApplyError, Organization};
use bwdc_core::import::{PartAnswer, RefusedRecord, Search, Step, search_budget};
use bwdc_core::ledger::IntentId;
use bwdc_core::wire::{ImportRequest, Request};

/// How far the requests of a run came.
pub(super) struct Sent {
    /// Requests that were accepted, parts of one among them.
    pub(super) accepted: usize,
    /// Records that the server does not take, though it took everything around them.
    pub(super) refused: Vec<RefusedRecord>,
    /// What ended the run.
    pub(super) failure: Option<Failure>,
}

/// What ends a run.
pub(super) struct Failure {
    pub(super) error: ApplyError,
    /// Whether every part of a request failed alike, so that the fault is in no record.
    pub(super) in_no_record: bool,
}

/// The organization and the ledger of a run that sends.
pub(super) struct Way<'r> {
    pub(super) organization: &'r Organization,
    pub(super) ledger: &'r mut Ledger,
    pub(super) run: RunId,
}

impl Engine {
    /// Sends in order and stops at the first failure that is not one record's. Every request is on record before it leaves,
    /// and its end after.
    pub(super) async fn send(
        &self,
        way: &mut Way<'_>,
        requests: &[Request],
        events: Events<'_>,
    ) -> Result<Sent, RunError> {
        let records = requests.iter().map(|it| if let Request::Import(it) = it { size(it) } else { 0 }).sum();
        let mut budget = search_budget(records);
        let mut sent = Sent { accepted: 0, refused: Vec::new(), failure: None };
        for (place, request) in requests.iter().enumerate() {
            events(Event::Sending { number: place + 1, of: requests.len() });
            let (intent, answer) = self.send_one(way, request, events).await?;
            match answer {
                Ok(()) => sent.accepted += 1,
                Err(error) => match (request, part_answer(request, &error)) {
                    (Request::Import(import), Some(answer)) if size(import) > 1 => {
                        let search = Search::new(import.clone(), answer);
                        self.search(way, search, (intent, error), &mut budget, &mut sent, events).await?;
                    }
                    _ => sent.failure = Some(Failure { error, in_no_record: false }),
                },
            }
            if sent.failure.is_some() {
                break;
            }
        }
        Ok(sent)
    }

    /// Sends a request in parts until the records are found that the server does not take. What failed as a whole counts as
    /// answered once all of its parts are.
    async fn search(
        &self,
        way: &mut Way<'_>,
        mut search: Search,
        whole: (IntentId, ApplyError),
        budget: &mut usize,
        sent: &mut Sent,
        events: Events<'_>,
    ) -> Result<(), RunError> {
        let (intent, mut last) = whole;
        let mut failed = vec![intent];
        loop {
            match search.next(budget) {
                Step::Send(part) => {
                    events(Event::Splitting { records: size(&part) });
                    let single = size(&part) == 1;
                    let request = Request::Import(part);
                    let (intent, answer) = self.send_one(way, &request, events).await?;
                    let Err(error) = answer else {
                        sent.accepted += 1;
                        search.answer(PartAnswer::Taken);
                        continue;
                    };
                    let Some(answer) = part_answer(&request, &error) else {
                        sent.failure = Some(Failure { error, in_no_record: false });
                        return Ok(());
                    };
                    search.answer(answer);
                    if !single {
                        failed.push(intent);
                    }
                    last = error;
                }
                Step::Found(records) => {
                    for intent in failed {
                        way.ledger.resolve(intent, Outcome::Accepted, self.clock.now())?;
                    }
                    sent.refused.extend(records);
                    return Ok(());
                }
                Step::NotARecord { .. } => {
                    sent.failure = Some(Failure { error: last, in_no_record: true });
                    return Ok(());
                }
                Step::TooMany => {
                    sent.failure = Some(Failure { error: last, in_no_record: false });
                    return Ok(());
                }
            }
        }
    }

    async fn send_one(
        &self,
        way: &mut Way<'_>,
        request: &Request,
        events: Events<'_>,
    ) -> Result<(IntentId, Result<(), ApplyError>), RunError> {
        let intent = way.ledger.intend(way.run, request, self.clock.now())?;
        let answer = way.organization.apply(request, events).await;
        let outcome = match &answer {
            Ok(()) => Outcome::Accepted,
            Err(error) if error.certainly_nothing_happened() => Outcome::Refused,
            Err(_) => Outcome::Unknown,
        };
        way.ledger.resolve(intent, outcome, self.clock.now())?;
        Ok((intent, answer))
    }
}

fn size(request: &ImportRequest) -> usize {
    request.members.len() + request.groups.len()
}

/// What a failure says of single records; None: nothing, it is no matter of records, or the request may not be cut.
fn part_answer(request: &Request, error: &ApplyError) -> Option<PartAnswer> {
    let Request::Import(import) = request else { return None };
    let rejected = error.rejected_record()?;
    let reason = rejected.reason();
    match rejected.place(import) {
        Some(place) => Some(PartAnswer::Names { place, reason }),
        None => Some(PartAnswer::Fails { reason }),
    }
}
