//! Fakes of directories in the cloud: they page, throttle, forget and fail as the services do.

mod front;
pub mod graph;
pub mod okta;
pub mod onelogin;

pub use front::Traffic;
