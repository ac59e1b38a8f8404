//! The command line against its contract: what it prints, where, and how it ends. Expectations are written by hand.

mod account;
mod doctor;
mod explain;
mod failures;
mod log;
mod manual;
mod observer;
mod rows;
mod settings;
mod sign_in;
mod stage;
mod sync;
mod update;
mod without_servers;
