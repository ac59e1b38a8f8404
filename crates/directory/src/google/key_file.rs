//! The key file of a service account, as Google's console hands it out: JSON with an address and a private key.

use crate::web::{KeyError, SigningKey};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// What a key file holds, as far as it matters here.
pub struct KeyFile {
    /// The address of the service account.
    pub client_email: String,
    /// Its private key, in PEM form.
    pub private_key: SecretString,
}

/// Why a file is no key file of a service account; never with a part of the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// It is not JSON of this shape.
    #[error("it is no key file of a service account: JSON with `client_email` and `private_key`")]
    Form,
    /// It is a key of another kind, such as that of a desktop app.
    #[error("it is a key file of the type `{0}`, and `service_account` is needed")]
    Type(String),
    /// The key in it is of no use.
    #[error("the `private_key` in it cannot be used: {0}")]
    Key(KeyError),
}

#[derive(Deserialize)]
struct Stored {
    #[serde(rename = "type")]
    kind: Option<String>,
    client_email: Option<String>,
    private_key: Option<String>,
}

impl KeyFile {
    /// Reads a key file, and tries its key.
    ///
    /// # Errors
    /// [`KeyFileError`] says what is wrong with it.
    pub fn parse(text: &SecretString) -> Result<Self, KeyFileError> {
        let text = text.expose_secret().trim_start_matches('\u{feff}');
        let stored: Stored = serde_json::from_str(text).map_err(|_| KeyFileError::Form)?;
        if let Some(kind) = stored.kind.filter(|kind| kind != "service_account") {
            return Err(KeyFileError::Type(kind));
        }
        let email = stored.client_email.map(|it| it.trim().to_owned()).filter(|it| it.contains('@'));
        let private_key = stored.private_key.map(SecretString::from);
        let (Some(client_email), Some(private_key)) = (email, private_key) else {
            return Err(KeyFileError::Form);
        };
        SigningKey::parse(private_key.expose_secret()).map_err(KeyFileError::Key)?;
        Ok(Self { client_email, private_key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_file_is_told_apart() {
        for (text, expected) in [
            ("-----BEGIN PRIVATE KEY-----", KeyFileError::Form),
            ("{}", KeyFileError::Form),
            (r#"{"client_email":"a@x.test"}"#, KeyFileError::Form),
            (r#"{"client_email":"a","private_key":"b"}"#, KeyFileError::Form),
            (
                r#"{"type":"authorized_user","client_email":"a@x.test"}"#,
                KeyFileError::Type("authorized_user".to_owned()),
            ),
            (r#"{"client_email":"a@x.test","private_key":"hunter2"}"#, KeyFileError::Key(KeyError::Form)),
        ] {
            let error = KeyFile::parse(&SecretString::from(text)).err().expect("refused");
            assert_eq!(error, expected, "{text}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }
}
