//! The published signing keys of a user pool, a JSON Web Key Set (RFC 7517).

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Minimum size of an RSA modulus in bits (RFC 7518, section 3.3).
const MODULUS_BITS_MIN: usize = 2048;

/// Reason why a document was rejected as a key set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeys {
    /// It is not JSON, or not an object with a list of objects under `keys`.
    #[error("the key set is not a JSON Web Key Set")]
    Malformed,
    /// Two keys have the same `kid`, so a token does not identify the key that signed it.
    #[error("the key set names two keys the same")]
    DuplicateKid,
    /// It contains no usable key.
    #[error("the key set holds no RS256 key of {MODULUS_BITS_MIN} bits or more")]
    NoneUsable,
}

/// Keys by `kid`. Contains only RSA keys for RS256 signatures: an `oct` key is a shared secret, so everyone who can
/// read the key set could sign tokens with it.
pub struct Keys(HashMap<String, DecodingKey>);

#[derive(Deserialize)]
struct Document {
    keys: Vec<Map<String, Value>>,
}

impl Keys {
    /// Parses a key set. Keys of other types are left out.
    pub fn parse(json: &[u8]) -> Result<Self, InvalidKeys> {
        let document: Document = serde_json::from_slice(json).map_err(|_| InvalidKeys::Malformed)?;
        let mut keys = HashMap::new();
        for (kid, key) in document.keys.iter().filter_map(signing_key) {
            if keys.insert(kid, key).is_some() {
                return Err(InvalidKeys::DuplicateKid);
            }
        }
        if keys.is_empty() { Err(InvalidKeys::NoneUsable) } else { Ok(Self(keys)) }
    }

    /// Returns the key with this `kid`.
    pub fn get(&self, kid: &str) -> Option<&DecodingKey> {
        self.0.get(kid)
    }
}

/// Returns the `kid` and the key, if the key is declared as one for RS256 signatures.
fn signing_key(jwk: &Map<String, Value>) -> Option<(String, DecodingKey)> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let is_for_signatures = jwk.get("use").is_none_or(|usage| usage == "sig");
    if text("kty") != Some("RSA") || text("alg") != Some("RS256") || !is_for_signatures {
        return None;
    }
    let modulus = URL_SAFE_NO_PAD.decode(text("n")?).ok()?;
    let exponent = URL_SAFE_NO_PAD.decode(text("e")?).ok()?;
    if bits(&modulus) < MODULUS_BITS_MIN || exponent.is_empty() {
        return None;
    }
    Some((text("kid")?.to_owned(), DecodingKey::from_rsa_raw_components(&modulus, &exponent)))
}

/// Length of a big-endian number in bits, without leading zeros.
fn bits(number: &[u8]) -> usize {
    match number.iter().position(|byte| *byte != 0) {
        Some(first) => (number.len() - first) * 8 - number[first].leading_zeros() as usize,
        None => 0,
    }
}
