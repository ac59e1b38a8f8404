//! The window without a display: found, pressed and read by the names that a screen reader hears, with the real engine, a
//! directory and an organization behind it.

#[path = "../../examples/support/mod.rs"]
mod support;

#[path = "../../examples/support/scenes.rs"]
mod scenes;

mod dashboard;
mod desk;
mod documents;
mod fields;
mod fits;
mod guided;
mod keyboard;
mod keys;
mod plan;
mod profiles;
mod random;
mod rest;
mod scripted;
mod settings;
mod sign_in;
mod states;
mod together;
mod words;
