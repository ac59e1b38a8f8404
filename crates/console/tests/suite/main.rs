//! The console without a terminal: keys and reports in, screens out.

mod manual;
mod office;
mod plain;
mod plans;
mod random;
mod screens;
mod speed;
mod stage;
