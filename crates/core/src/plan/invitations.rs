//! Whose turn it is: how many people one run invites, and who comes first.

use super::PlanInput;
use super::change::LeftOutBecause;
use super::seats::Seating;
use crate::desired::Desired;
use crate::names::ExternalId;
use crate::normalize::is_meant;
use hashbrown::{HashMap, HashSet};

/// Who may be invited in this run.
pub(super) struct Turns {
    /// None: everybody.
    chosen: Option<HashSet<usize>>,
    pilot_only: bool,
    pilot: HashSet<usize>,
    /// How many seats are missing, for those who wait for one.
    seats: HashMap<ExternalId, usize>,
    /// The pilot group that the directory lacks.
    pub(super) missing_pilot: Option<String>,
    /// The pilot group of which the directory does not show who is in it.
    pub(super) hidden_pilot: Option<String>,
}

impl Turns {
    /// Chooses among `candidates`, positions in [`Desired::everybody`] in the directory's order.
    pub(super) fn new(input: &PlanInput<'_>, candidates: impl Iterator<Item = usize>) -> Self {
        let settings = &input.connector.invitations;
        let named = settings.pilot_group.as_deref().map(str::trim).filter(|it| !it.is_empty());
        let group = named.and_then(|name| find(input.desired, name));
        // A group whose members are not shown says of nobody that it is not their turn.
        let hides = |number: &usize| {
            let shows_nobody =
                || input.desired.members(*number).is_empty() && input.desired.is_doubtful(*number);
            !input.desired.groups()[*number].shows_members || shows_nobody()
        };
        let hidden_pilot = named.filter(|_| group.as_ref().is_some_and(hides)).map(str::to_owned);
        let pilot: HashSet<usize> = group
            .into_iter()
            .flat_map(|number| input.desired.members(number).iter().map(|&it| it as usize))
            .collect();
        let pilot_only = settings.pilot_only && named.is_some();
        let missing_pilot = named.filter(|_| group.is_none()).map(str::to_owned);
        let chosen = (settings.per_run.is_some() || pilot_only).then(|| {
            let (first, rest): (Vec<usize>, Vec<usize>) = candidates.partition(|it| pilot.contains(it));
            let rest = if pilot_only { Vec::new() } else { rest };
            let most = settings.per_run.map_or(usize::MAX, |it| it as usize);
            first.into_iter().chain(rest).take(most).collect()
        });
        Self { chosen, pilot_only, pilot, seats: HashMap::new(), missing_pilot, hidden_pilot }
    }

    /// Notes for whom there is no seat.
    pub(super) fn with(mut self, seating: &Seating) -> Self {
        self.seats = seating.waiting.iter().map(|it| (it.clone(), seating.waiting.len())).collect();
        self
    }

    /// How many seats are missing for all who wait, if this person waits for one.
    pub(super) fn missing_seats(&self, id: &str) -> Option<usize> {
        if self.seats.is_empty() { None } else { self.seats.get(&ExternalId::new(id)).copied() }
    }

    /// Why this person is not invited now; None: it is the person's turn.
    pub(super) fn waits(&self, person: usize) -> Option<LeftOutBecause> {
        let chosen = self.chosen.as_ref()?;
        if chosen.contains(&person) {
            None
        } else if self.pilot_only && !self.pilot.contains(&person) {
            Some(LeftOutBecause::NotInPilot)
        } else {
            Some(LeftOutBecause::WaitsForTurn)
        }
    }
}

fn find(desired: &Desired, name: &str) -> Option<usize> {
    let groups = desired.groups();
    let by_id = groups.iter().position(|it| desired.text(it.external_id) == name);
    by_id.or_else(|| groups.iter().position(|it| desired.text(it.name) == name))
}

/// Whether the settings allow invitations to this address.
pub(super) fn is_allowed(email: &str, domains: &[String]) -> bool {
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    domains.is_empty() || domains.iter().any(|it| is_meant(it.trim().trim_start_matches('@'), domain))
}
