//! What is typed, as the types that it stands for.

use bwdc_messages::history::not_a_run;
use secrecy::SecretString;
use std::convert::Infallible;

/// A secret, which no error repeats.
pub(crate) fn secret(typed: &str) -> Result<SecretString, Infallible> {
    Ok(SecretString::from(typed.to_owned()))
}

/// The number of a run.
pub(crate) fn run_number(typed: &str) -> Result<i64, String> {
    typed.trim().parse().ok().filter(|it| *it > 0).ok_or_else(not_a_run)
}
