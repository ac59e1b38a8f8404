//! What is typed, as the types that it stands for.

use secrecy::SecretString;
use std::convert::Infallible;

/// A secret, which no error repeats.
pub(crate) fn secret(typed: &str) -> Result<SecretString, Infallible> {
    Ok(SecretString::from(typed.to_owned()))
}
