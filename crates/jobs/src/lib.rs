//! What a console or a window has done for it, and what comes back: jobs as data ([`job`]), the thread that carries them out
//! ([`worker`]), and the runs that whoever leaves waits for ([`runs`]).
//!
//! Front ends that stay open share this, so that each of them waits for its turn, asks what a sign-in asks, speaks to the
//! service of the machine and approves a refused run in one way.

// A run is many futures one in the other.
#![recursion_limit = "256"]

pub mod job;
pub mod runs;
pub mod service;
pub mod worker;
