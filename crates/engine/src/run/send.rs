//! Sends what a plan sends, each request on record before it leaves, and looks for the record that a server fails on.

use super::RunError;
use crate::clock::Clock;
use crate::event::{Cancel, Event, Events};
use crate::ledger::{Ledger, LedgerError, Outcome, RunId};
use crate::notice::Notice;
use crate::organization::{ApplyError, Organization};
use bwdc_core::import::{ImportPace, PartAnswer, RefusedRecord, Search, Step, search_budget};
use bwdc_core::ledger::{IntentId, RefusedKind};
use bwdc_core::names::{ExternalId, Timestamp};
use bwdc_core::plan::{Plan, Subject};
use bwdc_core::wire::{ImportRequest, Request};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// So many requests about single people or groups that fail one after the other are no matter of these.
const FAILURES: usize = 3;

/// How far the requests of a run came.
#[derive(Default)]
pub(super) struct Sent {
    /// Requests that were accepted, parts of one among them.
    pub(super) accepted: usize,
    /// Records that the server does not take, though it took everything around them.
    pub(super) refused: Vec<RefusedRecord>,
    /// Requests about one person or group that a rule of the server forbids: the next runs know of them.
    pub(super) forbidden: Vec<(Request, RefusedRecord)>,
    /// People for whom there was no seat.
    pub(super) without_seat: Vec<RefusedRecord>,
    /// What ended the run.
    pub(super) failure: Option<Failure>,
}

/// What ends a run in the middle of its requests.
pub(super) struct Failure {
    pub(super) error: RunError,
    /// Whether the request that failed certainly changed nothing.
    pub(super) without_effect: bool,
}

impl Failure {
    pub(super) fn of(error: ApplyError) -> Self {
        Self { without_effect: error.certainly_nothing_happened(), error: RunError::Apply(error) }
    }

    /// Every part of a request failed alike, so that the fault is in no record.
    fn in_no_record(error: ApplyError) -> Self {
        Self {
            without_effect: error.certainly_nothing_happened(),
            error: RunError::OrganizationAtFault(error),
        }
    }

    /// Whoever asked for the run does not want the rest of it.
    fn cancelled() -> Self {
        Self { without_effect: true, error: RunError::Cancelled }
    }
}

impl From<LedgerError> for Failure {
    /// A request may have left whose end could not be written.
    fn from(error: LedgerError) -> Self {
        Self { without_effect: false, error: error.into() }
    }
}

/// The way of a run's requests, with what is written down beside it.
pub(super) struct Wire<'r> {
    pub(super) organization: &'r Organization,
    pub(super) ledger: &'r mut Ledger,
    pub(super) run: RunId,
    pub(super) clock: Clock,
    pub(super) cancel: &'r Cancel,
    pub(super) events: Events<'r>,
}

impl Wire<'_> {
    /// Sends in order and stops at the first failure that concerns more than one person or group, or between two requests
    /// when the run is asked to end. Every request is on record before it leaves, and its end after.
    pub(super) async fn send(&mut self, plan: &Plan, requests: &[Request]) -> Sent {
        let mut sent = Sent::default();
        if let Err(failure) = self.send_all(plan, requests, &mut sent).await {
            sent.failure = Some(failure);
        }
        sent
    }

    async fn send_all(&mut self, plan: &Plan, requests: &[Request], sent: &mut Sent) -> Result<(), Failure> {
        let records = requests.iter().map(|it| if let Request::Import(it) = it { size(it) } else { 0 }).sum();
        let mut budget = search_budget(records);
        let (mut unmade, mut in_a_row) = (Vec::new(), 0);
        for (place, request) in requests.iter().enumerate() {
            (self.events)(Event::Sending { number: place + 1, of: requests.len() });
            // Also where nothing of it is left to be sent.
            note_without_seat(plan, request, &unmade, sent);
            let Some(request) = as_it_is_sent(request, plan, &unmade) else { continue };
            let imports = matches!(request, Request::Import(_) | Request::WholeImport(_));
            if imports && !plan.can_import_without(&unmade) {
                continue;
            }
            if !plan.has_seat(&request, &unmade) {
                continue;
            }
            let request = &request;
            let (intent, answer) = self.send_one(request).await?;
            let Err(error) = answer else {
                (sent.accepted, in_a_row) = (sent.accepted + 1, 0);
                continue;
            };
            if let Some(notice) = changed_meanwhile(plan, request, &error) {
                sent.accepted += 1;
                (self.events)(Event::Notice(notice));
                continue;
            }
            if let Request::Import(import) = request
                && error.lacks_seats()
            {
                self.seat(plan, import, error, sent).await?;
                continue;
            }
            if let (Request::Import(import), Some(answer)) = (request, part_answer(request, &error))
                && (size(import) > 1 || matches!(answer, PartAnswer::Names { .. }))
            {
                let search = Search::new(import.clone(), answer);
                self.search(search, (intent, error), &mut budget, sent).await?;
                continue;
            }
            let failed = usize::from(!error.certainly_nothing_happened());
            in_a_row = (in_a_row + failed) * failed;
            let Some(record) = refused_alone(plan, request, &error).filter(|_| in_a_row < FAILURES) else {
                return Err(Failure::of(error));
            };
            unmade.push(request.clone());
            match RefusedKind::of(request).filter(|_| error.is_forbidden()) {
                Some(_) => sent.forbidden.push((request.clone(), record)),
                None => sent.refused.push(record),
            }
        }
        Ok(())
    }

    /// Sends a request in parts until the records are found that the server does not take. What failed as a whole counts as
    /// answered once all of its parts are.
    async fn search(
        &mut self,
        mut search: Search,
        whole: (IntentId, ApplyError),
        budget: &mut usize,
        sent: &mut Sent,
    ) -> Result<(), Failure> {
        let (intent, mut last) = whole;
        let mut failed = vec![intent];
        loop {
            match search.next(budget) {
                Step::Send(part) => {
                    (self.events)(Event::Splitting { records: size(&part) });
                    let single = size(&part) == 1;
                    let request = Request::Import(part);
                    let (intent, answer) = self.send_one(&request).await?;
                    let Err(error) = answer else {
                        sent.accepted += 1;
                        search.answer(PartAnswer::Taken);
                        continue;
                    };
                    let Some(answer) = part_answer(&request, &error) else {
                        return Err(Failure::of(error));
                    };
                    search.answer(answer);
                    if !single {
                        failed.push(intent);
                    }
                    last = error;
                }
                Step::Found(records) => {
                    for intent in failed {
                        self.ledger.resolve(intent, Outcome::Accepted, self.clock.now())?;
                    }
                    sent.refused.extend(records);
                    return Ok(());
                }
                Step::NotARecord { .. } => return Err(Failure::in_no_record(last)),
                Step::TooMany => return Err(Failure::of(last)),
            }
        }
    }

    /// Sends one request and waits for its answer, whoever asks the run to end meanwhile.
    pub(super) async fn send_one(
        &mut self,
        request: &Request,
    ) -> Result<(IntentId, Result<(), ApplyError>), Failure> {
        if self.cancel.is_cancelled() {
            return Err(Failure::cancelled());
        }
        let intent = self.ledger.intend(self.run, request, self.clock.now())?;
        let begun = self.clock.now();
        let (answer, asked_to_wait) = self.apply(intent, request).await;
        let asked_to_wait = asked_to_wait?;
        let outcome = match &answer {
            Ok(()) | Err(ApplyError::Altered { .. }) => Outcome::Accepted,
            Err(error) if error.certainly_nothing_happened() => Outcome::Refused,
            Err(error) if error.may_be_under_way() => Outcome::Unknown,
            Err(_) => Outcome::Over,
        };
        self.ledger.resolve(intent, outcome, self.clock.now())?;
        // How long the server took itself is known only of a request that did not wait.
        if answer.is_ok() && !asked_to_wait {
            self.note_pace(request, begun)?;
        }
        Ok((intent, answer))
    }

    /// Sends it until there is an answer. Whoever is asked to wait has not been served: the request counts from when it goes out
    /// again, or an import would be given up while the server is still at it.
    async fn apply(
        &mut self,
        intent: IntentId,
        request: &Request,
    ) -> (Result<(), ApplyError>, Result<bool, LedgerError>) {
        let Self { organization, ledger, clock, events, .. } = self;
        let journal = Mutex::new((&mut **ledger, Ok(false)));
        let told = |event: Event| {
            if let Event::Waiting { seconds, .. } = &event {
                let again = clock.now().0.saturating_add_unsigned(seconds.saturating_mul(1000));
                let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
                let noted = journal.0.postpone(intent, Timestamp(again));
                if journal.1.is_ok() {
                    journal.1 = noted.map(|()| true);
                }
            }
            events(event);
        };
        let answer = organization.apply(request, &told).await;
        let (_, asked_to_wait) = journal.into_inner().unwrap_or_else(PoisonError::into_inner);
        (answer, asked_to_wait)
    }

    /// Remembers how long an import took, by which the next ones are cut.
    fn note_pace(&mut self, request: &Request, begun: Timestamp) -> Result<(), LedgerError> {
        let (Request::Import(import) | Request::WholeImport(import)) = request else { return Ok(()) };
        let took = self.clock.now().0.saturating_sub(begun.0);
        let took = Duration::from_millis(u64::try_from(took).unwrap_or_default());
        if matches!(request, Request::WholeImport(_)) {
            self.ledger.note_whole_import(took.as_secs())?;
        }
        ImportPace::shown_by(import, took).map_or(Ok(()), |pace| self.ledger.note_import_pace(pace))
    }

    /// Takes access from people before anything else is sent. What the server refuses here is tried again by the run itself.
    pub(super) async fn revoke(&mut self, requests: &[Request]) -> Option<Failure> {
        for (place, request) in requests.iter().enumerate() {
            (self.events)(Event::Sending { number: place + 1, of: requests.len() });
            match self.send_one(request).await {
                Ok((_, Ok(()))) => {}
                Ok((_, Err(error))) if error.concerns_one() => {}
                Ok((_, Err(error))) => return Some(Failure::of(error)),
                Err(failure) => return Some(failure),
            }
        }
        None
    }
}

/// A request as it goes out after the server has refused others: an import names people and groups by the ids that they keep.
/// None: nothing is left of it.
fn as_it_is_sent(request: &Request, plan: &Plan, unmade: &[Request]) -> Option<Request> {
    let rewritten = |import: &ImportRequest| plan.after_refusals(import.clone(), unmade);
    match request {
        Request::Import(import) if !unmade.is_empty() => {
            Some(rewritten(import)).filter(|it| size(it) > 0).map(Request::Import)
        }
        Request::WholeImport(import) if !unmade.is_empty() => Some(Request::WholeImport(rewritten(import))),
        _ => Some(request.clone()),
    }
}

/// Names whom a request leaves out because the server keeps a leaver in the seat, with what it said of that one.
fn note_without_seat(plan: &Plan, request: &Request, unmade: &[Request], sent: &mut Sent) {
    let without = plan.without_seat(unmade);
    let reason = sent.refused.iter().map(|it| it.reason.clone()).next_back();
    let Some(reason) = reason.filter(|_| !without.is_empty()) else { return };
    let record = |name: &str, external_id: &ExternalId| RefusedRecord {
        name: name.to_owned(),
        external_id: external_id.clone(),
        is_group: false,
        reason: reason.clone(),
    };
    match request {
        Request::Import(import) | Request::WholeImport(import) => {
            let left = import.members.iter().filter(|it| !it.deleted && without.contains(&it.external_id));
            sent.without_seat
                .extend(left.map(|it| record(it.email.as_deref().unwrap_or_default(), &it.external_id)));
        }
        Request::Restore(_) => {
            let about = plan.about(request).filter(|it| without.contains(&it.external_id));
            sent.without_seat.extend(about.map(|it| record(&it.name, &it.external_id)));
        }
        _ => {}
    }
}

/// Characters of a refusal that are kept of each person and group.
const LONGEST_REASON: usize = 500;

/// Whom the server refused, where that is no reason to keep anything from anybody else.
fn refused_alone(plan: &Plan, request: &Request, error: &ApplyError) -> Option<RefusedRecord> {
    let is_group = match request {
        Request::Revoke(_)
        | Request::Restore(_)
        | Request::Remove(_)
        | Request::InviteAnew { .. }
        | Request::Merge { .. }
        | Request::PutMember { .. } => false,
        Request::DeleteGroup(_) | Request::PutGroup { .. } | Request::TakeOut { .. } => true,
        Request::Import(_) | Request::WholeImport(_) => return None,
    };
    let reason = Some(error.to_string()).filter(|_| error.concerns_one())?;
    let reason = reason.chars().take(LONGEST_REASON).collect();
    let Subject { name, external_id } = plan.about(request)?.clone();
    Some(RefusedRecord { name, external_id, is_group, reason })
}

/// What somebody else changed of a member while this run gave it another id: it is neither a failure nor undone.
fn changed_meanwhile(plan: &Plan, request: &Request, error: &ApplyError) -> Option<Notice> {
    let ApplyError::Altered { what, .. } = error else { return None };
    Some(Notice::ChangedMeanwhile { member: plan.about(request)?.name.clone(), what: *what })
}

pub(super) fn size(request: &ImportRequest) -> usize {
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
