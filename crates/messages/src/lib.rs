//! The words: everything that a person reads, made from the data that core and engine give.
//!
//! Front ends take their sentences from here, so that the command line, the console, the desktop app and the service say the
//! same thing. Nothing here reads a file, asks for the time or prints.

pub mod catalogue;
pub mod list;
pub mod step;

pub use catalogue::Catalogue;
pub use step::{CommandLine, NextStep, Step};
