//! The words, seen from outside.

mod catalogue;
mod counts;
mod elsewhere;
mod findings;
#[path = "../../../console/tests/suite/judged.rs"]
mod judged;
mod pages;
mod picture;
mod plans;
mod system_service;
mod wording;
