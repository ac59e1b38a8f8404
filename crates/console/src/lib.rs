//! The console UI: menus, forms, plans and a guided set-up in a terminal, or line by line for whoever reads a screen aloud and
//! for scripts.
//!
//! Controllers (`app`, `view`) take keys and reports and give a [`screen::Screen`]; the drawing layer (`draw`) puts one on a
//! frame, the plain mode (`plain`) prints it. Work is carried out by [`office::Office`], a thread of its own. The words come
//! from `bwdc-messages`, forms and set-up from the models there, which the desktop app draws too.

// A run is many futures one in the other.
#![recursion_limit = "256"]

pub mod app;
mod desk;
pub mod draw;
pub mod job;
pub mod key;
pub mod office;
pub mod plain;
pub mod runs;
pub mod screen;
pub mod terminal;
mod typing;
mod view;
mod width;
