//! One key of the [seal](crate::server::store::postgres::seal).

use anyhow::{Context, anyhow, ensure};
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::{digest, error};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

/// Length of a key in bytes.
const KEY_LEN: usize = 32;

/// Minimum number of characters of a text that is no key in base64. Generators of secrets make at least as many.
const TEXT_LEN_MIN: usize = 32;

/// Minimum number of different characters of such a text. A placeholder has fewer, a random text of hexadecimal digits
/// has more.
const DIFFERENT_MIN: usize = 8;

/// Purpose of the derived key. The same secret gives another key for any other purpose.
const PURPOSE: &[u8] = b"cruddur-messages session key";

/// Error text for a key that cannot be used. It does not repeat the key.
const EXPECTED: &str = "SESSION_KEY must be a random text of at least 32 characters, such as 32 bytes in base64 \
                        (`openssl rand -base64 32`), or several of them, separated by commas";

/// Encryption key, with the id that is stored in each row.
pub(super) struct SealingKey {
    key: RandomizedNonceKey,
    id: String,
}

impl SealingKey {
    /// Parses a key. 32 bytes in base64 are the key itself, as in the versions that accepted nothing else. A key is
    /// derived from any other text, because generators of secrets often make letters and digits only.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let decoded = STANDARD.decode(text).ok().and_then(|bytes| <[u8; KEY_LEN]>::try_from(bytes).ok());
        let bytes = match decoded {
            Some(bytes) => {
                // A key of equal bytes is a placeholder and no secret.
                ensure!(bytes.iter().any(|byte| *byte != bytes[0]), EXPECTED);
                bytes
            }
            None => {
                let mut different: Vec<_> = text.chars().collect();
                ensure!(different.len() >= TEXT_LEN_MIN, EXPECTED);
                different.sort_unstable();
                different.dedup();
                ensure!(different.len() >= DIFFERENT_MIN, EXPECTED);
                derive(text).ok().context(EXPECTED)?
            }
        };
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| anyhow!(EXPECTED))?;
        Ok(Self { key, id: id(&bytes) })
    }

    /// Id of the key in the rows.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Encrypts a text for the row `row`.
    pub(super) fn seal(&self, text: &SecretString, row: &[u8]) -> Vec<u8> {
        let mut sealed = text.expose_secret().as_bytes().to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(row), &mut sealed)
            .expect("only a text of more than 64 GB cannot be sealed");
        nonce.as_ref().iter().copied().chain(sealed).collect()
    }

    /// Decrypts what this key has sealed for the row `row`.
    pub(super) fn open(&self, sealed: &[u8], row: &[u8]) -> Option<SecretString> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = ciphertext.to_vec();
        let text = self.key.open_in_place(nonce, Aad::from(row), &mut text).ok()?;
        std::str::from_utf8(text).ok().map(SecretString::from)
    }
}

/// Derives a key by HKDF with SHA-256 (RFC 5869).
fn derive(text: &str) -> Result<[u8; KEY_LEN], error::Unspecified> {
    let mut bytes = [0; KEY_LEN];
    Salt::new(HKDF_SHA256, &[]).extract(text.as_bytes()).expand(&[PURPOSE], HKDF_SHA256)?.fill(&mut bytes)?;
    Ok(bytes)
}

/// Returns the id of a key. Derived from it, so that after a rotation the rows of each key can be told apart.
fn id(bytes: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, bytes);
    hash.as_ref()[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> SealingKey {
        SealingKey::parse(text).expect("a key")
    }

    #[test]
    fn a_key_in_base64_is_used_as_it_was_before_other_texts_were_accepted() {
        let bytes: [u8; KEY_LEN] = std::array::from_fn(|at| u8::try_from(at).expect("small"));
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).expect("a key");
        let mut sealed = b"a refresh token".to_vec();
        let nonce = key.seal_in_place_append_tag(Aad::from(b"row"), &mut sealed).expect("sealed");
        let sealed: Vec<u8> = nonce.as_ref().iter().copied().chain(sealed).collect();
        let parsed = parse(&STANDARD.encode(bytes));
        assert_eq!(parsed.open(&sealed, b"row").expect("opens").expose_secret(), "a refresh token");
        assert_eq!(parsed.id(), "630dcd29");
    }

    #[test]
    fn a_key_is_derived_from_any_other_text_and_stays_the_same() {
        // Computed by another program. Another derivation would sign all users out.
        assert_eq!(parse("correct horse battery staple, twice").id(), "61b028ac");
        for text in ["0123456789abcdef0123456789abcdef", "Kq3vX9TzLmW2bYcN7dRfH5sJpG8aEu4V", "ä".repeat(24).as_str()] {
            assert_eq!(SealingKey::parse(text).is_ok(), !text.contains('ä'), "{text}");
        }
        // One character less than 32 bytes in base64, and one byte more.
        for len in [31, 33] {
            let bytes: Vec<u8> = (0..len).collect();
            assert_eq!(parse(&STANDARD.encode(&bytes)).id(), id(&derive(&STANDARD.encode(&bytes)).expect("derived")));
        }
    }

    #[test]
    fn a_short_text_and_a_placeholder_are_rejected_with_a_hint_and_are_not_repeated() {
        for text in ["", "secret", "c2hvcnQ=", &STANDARD.encode([0; 32]), &"x".repeat(40), &"change-".repeat(9)] {
            let error = SealingKey::parse(text).err().expect("rejected").to_string();
            assert!(error.contains("openssl rand -base64 32") && (text.is_empty() || !error.contains(text)));
        }
    }
}
