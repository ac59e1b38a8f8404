//! What is said over the socket: one JSON object a line, one question and one answer a connection.
//!
//! The version is the first thing that either side looks at. What a side does not know of an object it ignores, so that a
//! later version can say more.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version that this program speaks.
pub const PROTOCOL: u32 = 1;

/// More than any question has; a longer line ends the connection.
pub const MOST_BYTES: usize = 64 * 1024;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The version of the protocol.
    pub protocol: u32,
    /// The profile that it is about; None: the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// What is wanted.
    #[serde(flatten)]
    pub command: Command,
}

/// What can be wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Command {
    /// How all profiles are, whichever is named.
    Status,
    /// What a sync would change.
    Plan {
        /// Whether everything would be sent again to a server that cannot be read.
        #[serde(default)]
        full: bool,
        /// Whether long lists are told whole.
        #[serde(default)]
        verbose: bool,
    },
    /// A sync, now; it waits for one that is going on.
    Sync {
        /// Whether everything is read, and sent again to a server that cannot be read.
        #[serde(default)]
        full: bool,
    },
    /// To approve what a refused run would have taken.
    Approve {
        /// The run; None: the last one that was refused.
        #[serde(default)]
        run: Option<i64>,
    },
    /// To settle what becomes of somebody who waits.
    Decide {
        /// Under which address.
        address: String,
        /// `restore` or `invite`.
        choice: String,
        /// Whether the decision is taken back.
        #[serde(default)]
        withdraw: bool,
    },
    /// To take an approval back.
    Withdraw {
        /// The run; None: the one that was approved last.
        #[serde(default)]
        run: Option<i64>,
    },
    /// The latest runs.
    History {
        /// How many.
        #[serde(default = "twenty")]
        most: u32,
    },
    /// What one run did.
    Run {
        /// Its number.
        run: i64,
        /// Whether long lists are told whole.
        #[serde(default)]
        verbose: bool,
    },
    /// All settings.
    Settings,
    /// To give a setting a value; None takes it back to its default.
    Set {
        /// Its name.
        setting: String,
        /// What would be typed.
        value: Option<String>,
    },
    /// To read the settings of all profiles again.
    Reload,
}

fn twenty() -> u32 {
    20
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The version of the protocol.
    pub protocol: u32,
    /// The exit code of a command that ends with it.
    pub code: u8,
    /// For scripts.
    #[serde(default)]
    pub data: Value,
    /// For people.
    #[serde(default)]
    pub text: String,
    /// What the administrator should know besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// Why it came to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Refusal>,
}

/// Why a question came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What scripts tell failures apart by.
    pub kind: String,
    /// What happened.
    pub message: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Reply {
    /// An answer that no host has to word.
    pub(super) fn refused(kind: &str, message: impl Into<String>) -> Self {
        let error = Refusal { kind: kind.to_owned(), message: message.into(), hint: None };
        Self { protocol: PROTOCOL, code: 1, error: Some(error), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_question_is_one_flat_object() {
        let sync = Request { protocol: 1, profile: None, command: Command::Sync { full: true } };
        let text = json!({ "protocol": 1, "command": "sync", "full": true });
        assert_eq!(serde_json::to_value(&sync).expect("JSON"), text);
        assert_eq!(serde_json::from_value::<Request>(text).expect("a question"), sync);
    }

    #[test]
    fn what_a_later_version_says_besides_is_ignored_and_an_unknown_command_is_not_taken() {
        let more = json!({ "protocol": 1, "command": "status", "depth": 3 });
        assert_eq!(serde_json::from_value::<Request>(more).expect("a question").command, Command::Status);
        assert!(
            serde_json::from_value::<Request>(json!({ "protocol": 1, "command": "format-disk" })).is_err()
        );
        assert!(serde_json::from_value::<Request>(json!({ "protocol": 1, "command": "set" })).is_err());
    }
}
