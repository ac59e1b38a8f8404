//! The console without a terminal: keys and reports in, screens out.

mod judged;
mod manual;
mod office;
mod plain;
mod plans;
mod random;
mod screens;
mod speed;
mod stage;
