//! What every effect of the directory connector stands on: the clock, certificates, one way to speak HTTP, and what a run tells
//! while it happens.

pub mod causes;
pub mod certificate;
pub mod clock;
pub mod event;
pub mod file;
pub mod http;
pub mod notice;
pub mod tls_failure;
