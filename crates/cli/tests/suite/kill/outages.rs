//! A sync of 5,000 people in several batches, with an outage at one of its requests to the organization: the connection
//! cut before and after the server acted, a refusal, a failure, an answer that comes too late.
//!
//! The requests are those of an undisturbed sync, from the sandbox's own log. Every request that changes something is
//! hit; of those that only read and of the sign-ins, the first and the last of each kind. Every request meets one outage,
//! in turn, and every import meets all. `BWDC_EVERY_PASS=1` lets each request meet each outage.

use crate::kill::scenario::{self, Scenario};
use crate::kill::{assert_recovers, say};
use crate::laws::stage::{Stage, is_write};
use bwdc_sandbox::faults::{Answer, Fault, Moment, Rule};
use bwdc_sandbox::organization::RecordedRequest;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// In seconds. Enough for the largest import that the sandbox of a debug build takes on a busy machine.
const TIME_LIMIT: u32 = 12;
const LATE: Duration = Duration::from_secs(15);
/// The length of an id.
const ID: usize = 36;
const PATIENCE: Duration = Duration::from_secs(120);

/// A request of the undisturbed sync.
#[derive(Clone, Debug)]
struct Asked {
    method: String,
    path: String,
    /// Of the path: as much as is the same in every run.
    beginning: String,
    /// Among those with the same method whose path begins like this, counted from 1.
    number: u32,
}

impl Asked {
    fn all(scenario: &Scenario) -> Vec<Self> {
        let stage = scenario.stage();
        stage.sync();
        let requests = stage.organization.requests();
        assert!(requests.iter().any(|it| it.path.ends_with("/connect/token")), "nobody signed in");
        let asked = requests.iter().enumerate().map(|(place, it)| {
            // A group that the sync makes has another id each time.
            let id = it.path.split('/').find(|word| word.len() == ID && !is_write(&it.method, &it.path));
            let beginning = id.and_then(|id| it.path.split(id).next()).unwrap_or(&it.path);
            let like =
                |other: &&RecordedRequest| other.method == it.method && other.path.starts_with(beginning);
            let number =
                u32::try_from(requests[..=place].iter().filter(like).count()).expect("not that many");
            let (method, path) = (it.method.clone(), it.path.clone());
            Self { method, path, beginning: beginning.to_owned(), number }
        });
        asked.collect()
    }

    fn writes(&self) -> bool {
        is_write(&self.method, &self.path)
    }

    fn imports(&self) -> bool {
        self.path.ends_with("/organization/import")
    }

    /// The path without ids.
    fn kind(&self) -> String {
        let words = self.path.split('/').map(|it| if it.len() == ID { "ID" } else { it });
        format!("{} {}", self.method, words.collect::<Vec<_>>().join("/"))
    }

    fn rule(&self, fault: Fault) -> Rule {
        Rule::new(&self.method, &self.beginning, fault).nth(self.number)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outage {
    CutBefore,
    CutAfter,
    Refused,
    FailedBefore,
    FailedAfter,
    TooLate,
}

impl Outage {
    const ALL: [Self; 6] = [
        Self::CutAfter,
        Self::FailedAfter,
        Self::TooLate,
        Self::CutBefore,
        Self::Refused,
        Self::FailedBefore,
    ];

    fn fault(self) -> Fault {
        let failed = || Answer::json(500, r#"{"message":"An unhandled server error has occurred."}"#);
        match self {
            Self::CutBefore => Fault::CutBeforeHandling,
            Self::CutAfter => Fault::CutAfterHandling,
            Self::Refused => Fault::Answer(Answer::json(400, r#"{"message":"Not now."}"#)),
            Self::FailedBefore => Fault::Answer(failed()),
            Self::FailedAfter => Fault::AnswerAfterHandling(failed()),
            Self::TooLate => Fault::Delay(LATE),
        }
    }

    fn keeps_it_from_the_server(self) -> bool {
        matches!(self, Self::CutBefore | Self::Refused | Self::FailedBefore)
    }
}

#[test]
fn an_outage_at_each_request_of_five_thousand_people() {
    let scenario = Scenario::of_five_thousand();
    let asked = Asked::all(&scenario);
    let cases = cases(&asked);
    let kinds = asked.iter().fold(BTreeMap::<_, usize>::new(), |mut kinds, it| {
        *kinds.entry(it.kind()).or_default() += 1;
        kinds
    });
    say(&format!("{} outages at {} requests: {kinds:#?}", cases.len(), asked.len()));
    let next = Mutex::new(cases.iter());
    std::thread::scope(|scope| {
        // Much of the time passes waiting for an answer that is late.
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some((asked, outage)) = next.lock().expect("nobody panics here").next() else {
                        return;
                    };
                    strike(&scenario, asked, *outage);
                }
            });
        }
    });
}

fn cases(asked: &[Asked]) -> Vec<(Asked, Outage)> {
    let every = std::env::var_os("BWDC_EVERY_PASS").is_some();
    let mut turn = Outage::ALL.into_iter().cycle();
    let mut cases = Vec::new();
    for (place, one) in asked.iter().enumerate() {
        let like = |it: &Asked| it.kind() == one.kind();
        let sampled =
            one.writes() || !asked[..place].iter().any(like) || !asked[place + 1..].iter().any(like);
        if every || one.imports() {
            cases.extend(Outage::ALL.map(|it| (one.clone(), it)));
        } else if sampled {
            cases.extend(turn.next().map(|it| (one.clone(), it)));
        }
    }
    cases
}

fn strike(scenario: &Scenario, asked: &Asked, outage: Outage) {
    let what = format!("{outage:?} at {} {} ({})", asked.method, asked.path, asked.number);
    let stage = scenario.stage();
    let settings = stage.home.data_folder().join("connector.toml");
    let limit = format!("{}[time-limits]\norganization = {TIME_LIMIT}\n", scenario::LARGE);
    std::fs::write(settings, limit).expect("our settings");
    let pending = Pending::over(&stage);
    stage.organization.faults().add(asked.rule(outage.fault()));
    let output = stage.run(&["sync"]);
    assert_eq!(stage.organization.faults().fired(), [1], "{what}: {}", output.stderr);
    // Whether the run had to fail: a lost or late answer to a change is never asked for again.
    let lost = matches!(outage, Outage::CutBefore | Outage::CutAfter | Outage::TooLate);
    if asked.writes() && lost {
        assert_eq!(output.code, Some(1), "{what}: {}", output.stdout);
    }
    pending.wait(i32::from(outage.keeps_it_from_the_server()));
    stage.organization.faults().clear();
    stage.organization.faults().forget_hook();
    assert_recovers(scenario, &stage, &what);
}

/// What the organization still works on.
struct Pending(Arc<(Mutex<i32>, Condvar)>);

impl Pending {
    fn over(stage: &Stage) -> Self {
        let count = Arc::<(Mutex<i32>, Condvar)>::default();
        let told = Arc::clone(&count);
        stage.organization.faults().on_request(move |arrival| {
            let mut count = told.0.lock().expect("nobody panics here");
            *count += if arrival.moment == Moment::Arrived { 1 } else { -1 };
            told.1.notify_all();
        });
        Self(count)
    }

    /// Waits until everything is done; what the fault kept from the organization never is.
    fn wait(&self, kept: i32) {
        let count = self.0.0.lock().expect("nobody panics here");
        let waited =
            self.0.1.wait_timeout_while(count, PATIENCE, |count| *count > kept).expect("nobody panics");
        assert!(!waited.1.timed_out(), "the organization is still at work");
    }
}
