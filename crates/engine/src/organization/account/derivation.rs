//! How a master password becomes the hash that a server compares: the password itself never leaves this machine.
//!
//! The numbers come from the server before anybody has proved anything. Too small ones would make the hash easy to guess
//! for whoever plays the server, too large ones would keep this machine busy: both are refused.

use super::AccountError;
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bwdc_core::wire::PreloginResponse;
use ring::pbkdf2::{PBKDF2_HMAC_SHA256, derive};
use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox, SecretString};
use sha2::{Digest, Sha256};
use std::num::NonZeroU32;
use std::ops::RangeInclusive;

const PBKDF2_ROUNDS: RangeInclusive<u32> = 5_000..=10_000_000;
const ARGON2_PASSES: RangeInclusive<u32> = 2..=100;
/// In MiB.
const ARGON2_MEMORY: RangeInclusive<u32> = 16..=1_024;
const ARGON2_LANES: RangeInclusive<u32> = 1..=64;
const KEY_BYTES: usize = 32;

/// A checked way from a password to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Derivation {
    function: Function,
    salt: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Function {
    Pbkdf2 { rounds: NonZeroU32 },
    Argon2id(Params),
}

impl Derivation {
    /// Checks what the server says. Without a salt of the server's, the address is the salt.
    pub(super) fn check(response: &PreloginResponse, email: &str) -> Result<Self, AccountError> {
        let function = match response.kdf {
            0 => {
                let rounds = within("PBKDF2 iterations", response.kdf_iterations, &PBKDF2_ROUNDS)?;
                Function::Pbkdf2 { rounds: NonZeroU32::new(rounds).unwrap_or(NonZeroU32::MAX) }
            }
            1 => {
                let passes = within("Argon2id iterations", response.kdf_iterations, &ARGON2_PASSES)?;
                let memory =
                    within("MiB of memory for Argon2id", response.kdf_memory.unwrap_or(0), &ARGON2_MEMORY)?;
                let lanes =
                    within("lanes for Argon2id", response.kdf_parallelism.unwrap_or(0), &ARGON2_LANES)?;
                let params = Params::new(memory * 1024, passes, lanes, Some(KEY_BYTES));
                Function::Argon2id(params.map_err(|_| AccountError::UnknownDerivation { kdf: 1 })?)
            }
            kdf => return Err(AccountError::UnknownDerivation { kdf }),
        };
        let salt = response.salt.clone().filter(|salt| !salt.is_empty());
        Ok(Self { function, salt: salt.unwrap_or_else(|| normalized(email)) })
    }

    /// The hash of a password, in base64.
    pub(super) fn hash(&self, password: &SecretString) -> Result<SecretString, AccountError> {
        let password = password.expose_secret().as_bytes();
        let mut key = SecretBox::new(Box::new([0; KEY_BYTES]));
        match &self.function {
            Function::Pbkdf2 { rounds } => {
                derive(PBKDF2_HMAC_SHA256, *rounds, self.salt.as_bytes(), password, key.expose_secret_mut());
            }
            Function::Argon2id(params) => {
                let salt = Sha256::digest(self.salt.as_bytes());
                Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
                    .hash_password_into(password, &salt, key.expose_secret_mut())
                    .map_err(|_| AccountError::UnknownDerivation { kdf: 1 })?;
            }
        }
        let mut hash = SecretBox::new(Box::new([0; KEY_BYTES]));
        derive(PBKDF2_HMAC_SHA256, NonZeroU32::MIN, password, key.expose_secret(), hash.expose_secret_mut());
        Ok(SecretString::from(STANDARD.encode(hash.expose_secret())))
    }
}

/// An address as servers compare it.
pub(super) fn normalized(email: &str) -> String {
    email.trim().to_lowercase()
}

fn within(what: &'static str, asked: u32, allowed: &RangeInclusive<u32>) -> Result<u32, AccountError> {
    if allowed.contains(&asked) {
        Ok(asked)
    } else {
        Err(AccountError::Derivation { what, asked, least: *allowed.start(), most: *allowed.end() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(response: &PreloginResponse, email: &str, password: &str) -> String {
        let derivation = Derivation::check(response, email).expect("usable numbers");
        derivation.hash(&SecretString::from(password)).expect("a hash").expose_secret().to_owned()
    }

    fn pbkdf2(iterations: u32) -> PreloginResponse {
        PreloginResponse {
            kdf: 0,
            kdf_iterations: iterations,
            kdf_memory: None,
            kdf_parallelism: None,
            salt: None,
        }
    }

    fn argon2(iterations: u32, memory: u32, parallelism: u32) -> PreloginResponse {
        PreloginResponse {
            kdf: 1,
            kdf_memory: Some(memory),
            kdf_parallelism: Some(parallelism),
            ..pbkdf2(iterations)
        }
    }

    /// Made with Python's hashlib and argon2-cffi; the first of each kind is also what the vendor's own tests expect.
    #[test]
    fn hashes_are_those_of_other_implementations() {
        let ours = ("Ann@Example.test", "correct horse bättery");
        for (response, (email, password), wanted) in [
            (
                pbkdf2(100_000),
                ("test@bitwarden.com", "asdfasdf"),
                "wmyadRMyBZOH7P/a/ucTCbSghKgdzDpPqUnu/DAVtSw=",
            ),
            (pbkdf2(600_000), ours, "KfPGhQXhvumpXnaEfu+NdgAx+AV7fbeYnjggvNbpEfg="),
            (argon2(4, 32, 2), ("test_salt", "asdfasdf"), "PR6UjYmjmppTYcdyTiNbAhPJuQQOmynKbdEl1oyi/iQ="),
            (argon2(3, 64, 4), ours, "0Xs799w8BKdiBca+qb2bcJ7TbfteU3jd8HGwiPkNGag="),
        ] {
            assert_eq!(hash(&response, email, password), wanted);
        }
    }

    #[test]
    fn a_salt_of_the_servers_goes_before_the_address() {
        let salted = PreloginResponse { salt: Some("ann@example.test".to_owned()), ..pbkdf2(5_000) };
        let by_address = hash(&pbkdf2(5_000), " Ann@Example.test ", "password");
        assert_eq!(hash(&salted, "somebody-else@example.test", "password"), by_address);
        assert_ne!(hash(&pbkdf2(5_000), "somebody-else@example.test", "password"), by_address);
    }

    #[test]
    fn numbers_that_are_weak_or_without_bounds_are_refused() {
        for response in [
            pbkdf2(4_999),
            pbkdf2(0),
            pbkdf2(u32::MAX),
            argon2(1, 64, 4),
            argon2(3, 15, 4),
            argon2(3, 64, 0),
            argon2(3, u32::MAX, 4),
            argon2(u32::MAX, 64, 4),
            argon2(3, 64, 10_000),
            PreloginResponse { kdf_memory: None, ..argon2(3, 64, 4) },
        ] {
            let error = Derivation::check(&response, "ann@example.test").expect_err("refused");
            assert!(matches!(error, AccountError::Derivation { .. }), "{error:?}");
        }
        let unknown = PreloginResponse { kdf: 2, ..pbkdf2(600_000) };
        let error = Derivation::check(&unknown, "ann@example.test").expect_err("refused");
        assert!(matches!(error, AccountError::UnknownDerivation { kdf: 2 }), "{error:?}");
    }
}
