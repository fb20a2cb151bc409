//! The keys that a user pool signs with, as they are published (RFC 7517).

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The fewest bits of a modulus that count as a key (RFC 7518, section 3.3).
const MODULUS_BITS_MIN: usize = 2048;

/// Why a document is not a key set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeys {
    /// Not JSON, or not an object with a list of objects under `keys`.
    #[error("the key set is not a JSON Web Key Set")]
    Form,
    /// Two keys go by one name, so that a token does not say which one signed it.
    #[error("the key set names two keys the same")]
    SameName,
    /// No key that can be used.
    #[error("the key set holds no RS256 key of {MODULUS_BITS_MIN} bits or more")]
    NoneUsable,
}

/// Keys by their name (`kid`). Only RSA keys for RS256 signatures are in it: with an `oct` key, whoever can read the set
/// could sign.
pub struct Keys(HashMap<String, DecodingKey>);

#[derive(Deserialize)]
struct Document {
    keys: Vec<Map<String, Value>>,
}

impl Keys {
    /// Reads a key set. Keys of other kinds are left out.
    pub fn parse(json: &[u8]) -> Result<Self, InvalidKeys> {
        let document: Document = serde_json::from_slice(json).map_err(|_| InvalidKeys::Form)?;
        let mut keys = HashMap::new();
        for (kid, key) in document.keys.iter().filter_map(signing_key) {
            if keys.insert(kid, key).is_some() {
                return Err(InvalidKeys::SameName);
            }
        }
        if keys.is_empty() { Err(InvalidKeys::NoneUsable) } else { Ok(Self(keys)) }
    }

    /// The key of this name.
    pub fn get(&self, kid: &str) -> Option<&DecodingKey> {
        self.0.get(kid)
    }
}

/// The key's name and the key, if it is one for RS256 signatures and says so.
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

/// The length of a big-endian number.
fn bits(number: &[u8]) -> usize {
    match number.iter().position(|byte| *byte != 0) {
        Some(first) => (number.len() - first) * 8 - number[first].leading_zeros() as usize,
        None => 0,
    }
}
