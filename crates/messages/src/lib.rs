//! The words: everything that a person reads, made from the data that core and engine give.
//!
//! Front ends take their sentences from here, so that the command line, the console, the desktop app and the service say the
//! same thing. Nothing here reads a file, asks for the time or prints.

pub mod account;
pub mod approval;
pub mod catalogue;
pub mod change;
pub mod condition;
pub mod demo;
pub mod desktop;
pub mod error;
pub mod explanation;
pub mod finding;
pub mod foreign;
pub mod form;
mod hidden;
pub mod history;
pub mod line;
pub mod list;
pub mod notice;
pub mod notification;
pub mod outcome;
pub mod overview;
pub mod plan;
pub mod problem;
pub mod profile;
pub mod program;
pub mod progress;
pub mod refusal;
pub mod refused_run;
pub mod remote;
pub mod repair;
pub mod secret;
pub mod service;
pub mod setting;
pub mod setup;
pub mod source;
pub mod status;
pub mod step;
pub mod summary;
pub mod sync;
pub mod system_service;
pub mod time;
pub mod wrap;

pub use catalogue::Catalogue;
pub use condition::Condition;
pub use error::{ErrorKind, ErrorText, describe};
pub use form::{Field, Form, FormSection, Input};
pub use step::{CommandLine, NextStep, Step};
