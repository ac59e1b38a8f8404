//! Fakes of directories in the cloud: they page, throttle, forget and fail as the services do.

pub mod graph;
pub mod okta;
