//! The console UI: menus, forms, plans and a guided set-up in a terminal, or line by line for whoever reads a screen aloud and
//! for scripts.
//!
//! Controllers (`app`, `view`) take keys and reports and give a [`screen::Screen`]; the drawing layer (`draw`) puts one on a
//! frame, the plain mode (`plain`) prints it. Work is carried out by `bwdc-jobs`, on a thread of its own that [`office::Office`]
//! starts. The words come from `bwdc-messages`, forms and set-up from the models there, which the desktop app draws too.

pub mod app;
mod desk;
pub mod draw;
pub mod key;
pub mod office;
pub mod plain;
pub mod screen;
pub mod terminal;
mod typing;
mod view;
mod width;

pub use bwdc_jobs::{job, runs};
