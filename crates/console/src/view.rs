//! What fills the screen: one file for each view.

pub(crate) mod account;
pub(crate) mod approval;
pub(crate) mod chosen;
pub(crate) mod doctor;
pub(crate) mod form;
pub(crate) mod history;
pub(crate) mod loading;
pub(crate) mod menu;
pub(crate) mod open;
pub(crate) mod place;
pub(crate) mod plan;
pub(crate) mod profiles;
pub(crate) mod repair;
pub(crate) mod run;
pub(crate) mod search;
pub(crate) mod service;
pub(crate) mod setup;
pub(crate) mod text;
pub(crate) mod told;
pub(crate) mod trouble;

use crate::key::Key;
use crate::screen::Hint;
use bwdc_messages::text;

/// The keys of a question with two answers.
pub(crate) fn yes_no() -> Vec<Hint> {
    vec![
        Hint::new("y", text!("console.yes", "yes"), "yes", Key::Char('y')),
        Hint::new("n", text!("console.no", "no"), "no", Key::Char('n')),
    ]
}
