//! The service as a real process: `bwdc run` between a directory and an organization, its socket, signals and kills.

pub(crate) mod daemon;
mod duty;
mod hostile;
mod metrics;
mod notifications;
mod socket;
mod systemd;
mod wait;
mod year;
