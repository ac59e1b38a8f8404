//! The desktop app, from the ground up: what is asked of the engine ([`job`]) and the threads that carry it out ([`worker`]);
//! what the window shows and what becomes of what is done in it, without a toolkit ([`app`]); the thin layer that ties that to
//! the markup ([`view`]).

pub mod app;
mod autostart;
pub mod job;
mod language;
pub mod results;
pub mod rows;
mod single;
mod tray;
pub mod view;
pub mod worker;

pub use language::speak;
pub use single::{Instance, claim};
pub use view::run;
