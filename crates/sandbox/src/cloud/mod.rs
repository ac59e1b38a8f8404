//! Fakes of directories in the cloud: they page, throttle, forget and fail as the services do.

mod front;
pub mod google;
pub mod graph;
mod jwt;
pub mod odd;
pub mod okta;
pub mod onelogin;

pub use front::Traffic;
