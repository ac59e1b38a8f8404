//! Finds the records that make a server fail, by halving a request that it did not take.
//!
//! Members before groups, since groups name members; a group is one record, whatever its size. When both halves fail alike
//! twice running, or no part is taken at all, the fault is not in a record. Each search has a budget of requests, so that a server that fails at
//! random is not asked for ever.

use crate::names::ExternalId;
use crate::wire::ImportRequest;
use hashbrown::HashSet;

/// A record that the server does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRecord {
    /// An address, or a group's name.
    pub name: String,
    /// The id under which it was sent.
    pub external_id: ExternalId,
    /// Whether it is a group.
    pub is_group: bool,
    /// What the server said.
    pub reason: String,
}

/// A place in a request: members first, then groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordPlace {
    /// In the list of members.
    Member(usize),
    /// In the list of groups.
    Group(usize),
}

/// What became of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartAnswer {
    /// Accepted.
    Taken,
    /// Not accepted, and no record named. Parts fail alike when their reasons are equal.
    Fails {
        /// What the server said.
        reason: String,
    },
    /// Not accepted, because of this record.
    Names {
        /// The record's place in the part.
        place: RecordPlace,
        /// What the server said.
        reason: String,
    },
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this part and say what became of it.
    Send(ImportRequest),
    /// Everything was accepted but for these.
    Found(Vec<RefusedRecord>),
    /// Both halves fail alike, twice running: the fault is the organization's.
    NotARecord {
        /// What the server said.
        reason: String,
    },
    /// The budget is spent.
    TooMany,
}

/// How many requests the search may take within one run, for a run that sends so many records.
pub fn search_budget(records: usize) -> usize {
    4 * records.max(1).next_power_of_two().ilog2() as usize + 8
}

enum Todo {
    Test(Part),
    Split(Part, String),
}

struct Part {
    request: ImportRequest,
    /// How often running both halves above failed alike.
    alike: u8,
}

/// Two halves, of which the first is sent before the second.
struct Pair {
    halves: [ImportRequest; 2],
    failures: [Option<String>; 2],
    at: usize,
    alike: u8,
}

/// A search within one request.
pub struct Search {
    todo: Vec<Todo>,
    pair: Option<Pair>,
    testing: Option<Part>,
    found: Vec<RefusedRecord>,
    /// Whether the server took any part.
    took_any: bool,
    /// What it said of a record that it did not name.
    unnamed: Option<String>,
    stop: Option<Step>,
}

impl Search {
    /// Begins with a request that the server did not take.
    pub fn new(request: ImportRequest, answer: PartAnswer) -> Self {
        let mut search = Self {
            todo: Vec::new(),
            pair: None,
            testing: Some(Part { request, alike: 0 }),
            found: Vec::new(),
            took_any: false,
            unnamed: None,
            stop: None,
        };
        search.answer(answer);
        search
    }

    /// The next part to send, within the budget, or the end.
    pub fn next(&mut self, budget: &mut usize) -> Step {
        if let Some(stop) = &self.stop {
            return stop.clone();
        }
        let Some(part) = self.part() else {
            // A server that takes nothing at all says nothing of single records.
            return match self.unnamed.take().filter(|_| !self.took_any && self.found.len() > 1) {
                Some(reason) => Step::NotARecord { reason },
                None => Step::Found(std::mem::take(&mut self.found)),
            };
        };
        if *budget == 0 {
            self.stop = Some(Step::TooMany);
            return Step::TooMany;
        }
        *budget -= 1;
        Step::Send(part)
    }

    /// Takes the answer to the part that [`Search::next`] gave.
    pub fn answer(&mut self, answer: PartAnswer) {
        self.took_any |= answer == PartAnswer::Taken;
        if let Some(part) = self.testing.take() {
            match answer {
                PartAnswer::Taken => {}
                PartAnswer::Fails { reason } => self.todo.push(Todo::Split(part, reason)),
                PartAnswer::Names { place, reason } => {
                    let Part { mut request, alike } = part;
                    self.found.push(take_out(&mut request, place, reason));
                    if records(&request) > 0 {
                        self.todo.push(Todo::Test(Part { request, alike }));
                    }
                }
            }
            return;
        }
        let Some(pair) = &mut self.pair else { return };
        match answer {
            PartAnswer::Taken => {}
            PartAnswer::Fails { reason } => pair.failures[pair.at] = Some(reason),
            PartAnswer::Names { place, reason } => {
                let record = take_out(&mut pair.halves[pair.at], place, reason);
                self.found.push(record);
                if records(&pair.halves[pair.at]) > 0 {
                    // The same half once more, without that record.
                    return;
                }
            }
        }
        pair.at += 1;
        if pair.at == 2 {
            self.judge();
        }
    }

    fn judge(&mut self) {
        let Some(Pair { halves: [left, right], failures, alike, .. }) = self.pair.take() else { return };
        let alike = match &failures {
            [Some(left), Some(right)] if left == right => alike + 1,
            _ => 0,
        };
        let [left_fails, right_fails] = failures;
        if alike == 2 {
            self.stop = Some(Step::NotARecord { reason: left_fails.unwrap_or_default() });
            return;
        }
        for (request, fails) in [(right, right_fails), (left, left_fails)] {
            if let Some(reason) = fails {
                self.todo.push(Todo::Split(Part { request, alike }, reason));
            }
        }
    }

    fn part(&mut self) -> Option<ImportRequest> {
        loop {
            if let Some(pair) = &self.pair {
                return Some(pair.halves[pair.at].clone());
            }
            match self.todo.pop()? {
                Todo::Test(part) => {
                    let request = part.request.clone();
                    self.testing = Some(part);
                    return Some(request);
                }
                Todo::Split(Part { mut request, alike }, reason) => {
                    if let (1, place) = (records(&request), first(&request)) {
                        self.unnamed = Some(reason.clone());
                        self.found.push(take_out(&mut request, place, reason));
                    } else if !request.members.is_empty() && !request.groups.is_empty() {
                        let groups = std::mem::take(&mut request.groups);
                        let groups = ImportRequest { groups, members: Vec::new(), ..request.clone() };
                        self.todo.push(Todo::Test(Part { request: groups, alike: 0 }));
                        self.todo.push(Todo::Test(Part { request, alike: 0 }));
                    } else {
                        let halves = halves(request);
                        self.pair = Some(Pair { halves, failures: [None, None], at: 0, alike });
                    }
                }
            }
        }
    }
}

fn records(request: &ImportRequest) -> usize {
    request.members.len() + request.groups.len()
}

fn first(request: &ImportRequest) -> RecordPlace {
    if request.members.is_empty() { RecordPlace::Group(0) } else { RecordPlace::Member(0) }
}

/// Cuts a request of one kind.
fn halves(mut request: ImportRequest) -> [ImportRequest; 2] {
    let members = request.members.split_off(request.members.len() / 2);
    let groups = request.groups.split_off(request.groups.len() / 2);
    let second = ImportRequest { members, groups, ..request.clone() };
    [request, second]
}

fn take_out(request: &mut ImportRequest, place: RecordPlace, reason: String) -> RefusedRecord {
    match place {
        RecordPlace::Member(number) => {
            let member = request.members.remove(number);
            let name = member.email.unwrap_or_default();
            RefusedRecord { name, external_id: member.external_id, is_group: false, reason }
        }
        RecordPlace::Group(number) => {
            let group = request.groups.remove(number);
            RefusedRecord { name: group.name, external_id: group.external_id, is_group: true, reason }
        }
    }
}

/// Takes records out of a request.
pub(crate) fn without(request: &mut ImportRequest, refused: &[RefusedRecord]) {
    let of = |groups: bool| -> HashSet<&str> {
        refused.iter().filter(|it| it.is_group == groups).map(|it| it.external_id.as_str()).collect()
    };
    let (people, groups) = (of(false), of(true));
    request.members.retain(|it| !people.contains(it.external_id.as_str()));
    request.groups.retain(|it| !groups.contains(it.external_id.as_str()));
}

#[cfg(test)]
mod tests;
