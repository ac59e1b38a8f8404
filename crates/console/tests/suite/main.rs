//! The console without a terminal: keys and reports in, screens out.

mod guided;
mod judged;
mod manual;
mod office;
mod plain;
mod plans;
mod random;
mod scenes;
mod screens;
mod service;
mod speed;
mod stage;
mod states;
