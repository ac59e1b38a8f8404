//! What becomes of one odd value in an answer of a service: null, or nothing at all, where something is expected.

use bwdc_core::snapshot::{AccountState, Snapshot};
use bwdc_engine::directory::ReadError;
use bwdc_sandbox::faults::{Fault, Faults, Rule};
use serde_json::Value;

/// What is told of a read that fails.
pub(crate) const ERROR: &str = "error";

/// An odd value: the method and path of the request, the place in its answer, and what is told then with null and without.
pub(crate) type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// The first person and the first group in a line; of an error, that there is one.
pub(crate) fn told(read: Result<Snapshot, ReadError>) -> String {
    let snapshot = match read {
        Ok(snapshot) => snapshot,
        Err(ReadError::Web(error)) => {
            assert!(!error.to_string().is_empty());
            return ERROR.to_owned();
        }
        Err(error) => return format!("{error:?}"),
    };
    let people = snapshot.people();
    let count = |state| people.iter().filter(|it| it.state == state).count();
    let addresses = people.iter().filter(|it| it.mail.is_some()).count();
    let states = [AccountState::Enabled, AccountState::Disabled, AccountState::Deleted].map(count);
    let members: usize = snapshot.groups().iter().map(|it| snapshot.members(it).len()).sum();
    format!(
        "{}+{}+{} people, {addresses} addresses, {} groups, {members} members",
        states[0],
        states[1],
        states[2],
        snapshot.groups().len()
    )
}

/// Reads with each odd value, on every answer of its kind, and compares what comes of it.
pub(crate) async fn check(
    rows: &[Row],
    faults: &Faults,
    read: impl AsyncFn() -> Result<Snapshot, ReadError>,
) {
    let mut wrong = Vec::new();
    for &(method, path, pointer, with_null, without) in rows {
        for (value, expected) in [(Some(Value::Null), with_null), (None, without)] {
            faults.clear();
            let odd = Fault::OddValue { pointer: pointer.to_owned(), value: value.clone() };
            faults.add(Rule::new(method, path, odd));
            let found = told(read().await);
            if faults.fired()[0] == 0 || found != expected {
                wrong.push(format!("{path} {pointer} {value:?}, {:?} times: {found}", faults.fired()));
            }
        }
    }
    faults.clear();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
