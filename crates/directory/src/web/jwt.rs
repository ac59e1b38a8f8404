//! JSON web tokens (RFC 7519) by which a program proves that it holds a private key: client assertions and proofs of
//! possession. `ring` signs; it is in the build for TLS, and a token is three parts of Base64 around one signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPairComponents, PublicKeyComponents};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Map, Value, json};

/// Why a private key cannot be used; never with a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Neither PEM nor a JSON web key.
    #[error("it is neither a key in PEM form nor a JSON web key")]
    Form,
    /// PEM of SEC 1, which lacks what is needed.
    #[error(
        "it is an elliptic-curve key of an older form: convert it with `openssl pkcs8 -topk8 -nocrypt -in KEY -out NEW-KEY`"
    )]
    Sec1,
    /// A key that is encrypted, broken, too short or of another kind.
    #[error(
        "it is no RSA key of 2048 bits or more and no key on the curve P-256, or it is encrypted or damaged"
    )]
    Kind,
    /// The signature did not come about.
    #[error("it cannot sign")]
    Sign,
}

/// A private key that signs tokens: RS256 or ES256 (RFC 7518).
pub struct SigningKey {
    pair: Pair,
    random: SystemRandom,
    /// The id that a JSON web key brings along.
    id: Option<String>,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

impl SigningKey {
    /// Reads a key in PEM form (PKCS #8, PKCS #1), or as a JSON web key (RFC 7517).
    ///
    /// # Errors
    /// [`KeyError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.starts_with('{') {
            let key: Map<String, Value> = serde_json::from_str(text).map_err(|_| KeyError::Form)?;
            let id = key.get("kid").and_then(Value::as_str).map(str::to_owned);
            return Ok(Self { pair: from_jwk(&key)?, random: SystemRandom::new(), id });
        }
        // A key that was pasted into one line has `\n` in the place of line breaks.
        let text = text.replace("\\n", "\n");
        let pair = match PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| KeyError::Form)? {
            PrivateKeyDer::Pkcs1(key) => rsa(RsaKeyPair::from_der(key.secret_pkcs1_der()))?,
            PrivateKeyDer::Pkcs8(key) => pkcs8(key.secret_pkcs8_der())?,
            PrivateKeyDer::Sec1(_) => return Err(KeyError::Sec1),
            _ => return Err(KeyError::Kind),
        };
        Ok(Self { pair, random: SystemRandom::new(), id: None })
    }

    /// Reads a key in the DER form of PKCS #8.
    ///
    /// # Errors
    /// [`KeyError::Kind`] when it is none that can sign.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        Ok(Self { pair: pkcs8(der)?, random: SystemRandom::new(), id: None })
    }

    /// A new key on the curve P-256, for this process only.
    ///
    /// # Errors
    /// [`KeyError::Kind`] when there is no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .map_err(|_| KeyError::Kind)?;
        let pair =
            ec(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random))?;
        Ok(Self { pair, random, id: None })
    }

    /// The id that the key brought along.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The public half as a JSON web key; None for an RSA key, whose public half nobody needs.
    pub fn public_jwk(&self) -> Option<Value> {
        let Pair::Ec(pair) = &self.pair else { return None };
        // An uncompressed point: 4, x, y (SEC 1, 2.3.3).
        let point = pair.public_key().as_ref().get(1..65)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[..32]), URL_SAFE_NO_PAD.encode(&point[32..]));
        Some(json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y }))
    }

    /// A signed token of these claims; `alg` is added to the header.
    ///
    /// # Errors
    /// [`KeyError::Sign`] when the signature does not come about.
    pub fn sign(&self, mut header: Map<String, Value>, claims: &Value) -> Result<String, KeyError> {
        header.insert("alg".to_owned(), self.algorithm().into());
        let message = message(header, claims);
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &self.random, message.as_bytes(), &mut signature)
                    .map_err(|_| KeyError::Sign)?;
                signature
            }
            Pair::Ec(pair) => {
                let signature = pair.sign(&self.random, message.as_bytes()).map_err(|_| KeyError::Sign)?;
                signature.as_ref().to_vec()
            }
        };
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The modulus of an RSA key, which its certificate spells out too.
    pub fn modulus(&self) -> Option<Vec<u8>> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let public = PublicKeyComponents::<Vec<u8>>::from(pair.public());
                Some(public.n)
            }
            Pair::Ec(_) => None,
        }
    }

    /// A signed token of these claims by an RSA key, padded by PSS (PS256); `alg` is added to the header.
    ///
    /// # Errors
    /// [`KeyError::Kind`] for another key, [`KeyError::Sign`] when the signature does not come about.
    pub fn sign_pss(&self, mut header: Map<String, Value>, claims: &Value) -> Result<String, KeyError> {
        let Pair::Rsa(pair) = &self.pair else { return Err(KeyError::Kind) };
        header.insert("alg".to_owned(), "PS256".into());
        let message = message(header, claims);
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(&RSA_PSS_SHA256, &self.random, message.as_bytes(), &mut signature)
            .map_err(|_| KeyError::Sign)?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ec(_) => "ES256",
        }
    }
}

/// A random text that no other token has: a `jti`.
pub fn unique() -> String {
    uuid::Uuid::from_bytes(random_bytes()).simple().to_string()
}

fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    // Without randomness the service refuses the repeated text, which is the right answer.
    let _ = getrandom::fill(&mut bytes);
    bytes
}

/// What is signed: header and claims.
fn message(header: Map<String, Value>, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(&Value::Object(header)), part(claims))
}

fn pkcs8(der: &[u8]) -> Result<Pair, KeyError> {
    match RsaKeyPair::from_pkcs8(der) {
        Ok(pair) => rsa(Ok(pair)),
        Err(_) => ec(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &SystemRandom::new())),
    }
}

fn rsa(pair: Result<RsaKeyPair, ring::error::KeyRejected>) -> Result<Pair, KeyError> {
    pair.map(Pair::Rsa).map_err(|_| KeyError::Kind)
}

fn ec(pair: Result<EcdsaKeyPair, ring::error::KeyRejected>) -> Result<Pair, KeyError> {
    pair.map(Pair::Ec).map_err(|_| KeyError::Kind)
}

fn from_jwk(key: &Map<String, Value>) -> Result<Pair, KeyError> {
    let part = |name: &str| {
        let text = key.get(name).and_then(Value::as_str).ok_or(KeyError::Kind)?;
        URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| KeyError::Kind)
    };
    match (key.get("kty").and_then(Value::as_str), key.get("crv").and_then(Value::as_str)) {
        (Some("RSA"), _) => rsa(RsaKeyPair::from_components(&KeyPairComponents {
            public_key: PublicKeyComponents { n: part("n")?, e: part("e")? },
            d: part("d")?,
            p: part("p")?,
            q: part("q")?,
            dP: part("dp")?,
            dQ: part("dq")?,
            qInv: part("qi")?,
        })),
        (Some("EC"), Some("P-256")) => {
            let point = [vec![4], part("x")?, part("y")?].concat();
            ec(EcdsaKeyPair::from_private_key_and_public_key(
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                &part("d")?,
                &point,
                &SystemRandom::new(),
            ))
        }
        (Some(_), _) => Err(KeyError::Kind),
        (None, _) => Err(KeyError::Form),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    fn decoded(part: &str) -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("Base64")).expect("JSON")
    }

    #[test]
    fn a_token_is_signed_by_the_key_whose_public_half_is_shown() {
        let key = SigningKey::generate().expect("randomness");
        let header = Map::from_iter([("typ".to_owned(), json!("dpop+jwt"))]);
        let token = key.sign(header, &json!({"jti": "a"})).expect("a signature");
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(decoded(parts[0]), json!({"typ": "dpop+jwt", "alg": "ES256"}));
        assert_eq!(decoded(parts[1]), json!({"jti": "a"}));
        let jwk = key.public_jwk().expect("a curve");
        let half = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().expect("text")).expect("Base64");
        let point = [vec![4], half("x"), half("y")].concat();
        let signature = URL_SAFE_NO_PAD.decode(parts[2]).expect("Base64");
        let message = format!("{}.{}", parts[0], parts[1]);
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        assert!(public.verify(message.as_bytes(), &signature).is_ok());
        assert!(public.verify(format!("{message}x").as_bytes(), &signature).is_err());
    }

    #[test]
    fn what_is_no_key_is_told_apart() {
        for (text, error) in [
            ("00abc-api-token", KeyError::Form),
            ("{}", KeyError::Form),
            ("{\"kty\":\"RSA\",\"n\":\"AQAB\"}", KeyError::Kind),
            ("{\"kty\":\"oct\",\"k\":\"AQAB\"}", KeyError::Kind),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", KeyError::Kind),
            ("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----", KeyError::Sec1),
        ] {
            assert_eq!(SigningKey::parse(text).err(), Some(error), "{text}");
        }
    }

    #[test]
    fn no_two_texts_are_the_same() {
        assert_ne!(unique(), unique());
    }
}
