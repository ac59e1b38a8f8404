//! JSON web tokens (RFC 7519) that clients sign: their signatures are checked as the services check them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::Value;

/// Header and claims of a token whose signature fits the key (a JSON web key).
pub(super) fn verified(
    token: &str,
    key: impl FnOnce(&Value) -> Option<Value>,
) -> Result<(Value, Value), &'static str> {
    let mut parts = token.split('.');
    let (Some(head), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("it is no token");
    };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| "it is no Base64");
    let json = |bytes: Vec<u8>| serde_json::from_slice::<Value>(&bytes).map_err(|_| "it is no JSON");
    let message = &token.as_bytes()[..head.len() + 1 + claims.len()];
    let (head, claims, signature) = (json(decode(head)?)?, json(decode(claims)?)?, decode(signature)?);
    let key = key(&head).ok_or("the key is missing")?;
    let part =
        |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap_or_default()).unwrap_or_default();
    let fits = match (head["alg"].as_str(), key["kty"].as_str()) {
        (Some("RS256"), Some("RSA")) => RsaPublicKeyComponents { n: part("n"), e: part("e") }
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, &signature)
            .is_ok(),
        (Some("ES256"), Some("EC")) => {
            let point = [vec![4], part("x"), part("y")].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, &signature).is_ok()
        }
        _ => false,
    };
    if fits { Ok((head, claims)) } else { Err("the signature is wrong") }
}
