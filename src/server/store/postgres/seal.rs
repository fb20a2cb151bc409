//! Encryption of secrets in the database: AES-256-GCM, with the row as associated data.

use anyhow::{Context, anyhow};
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

/// Encryption key, with the id that is stored in each row.
pub struct Seal {
    key: RandomizedNonceKey,
    key_id: String,
}

/// A sealed text: nonce, ciphertext and tag.
pub struct Sealed {
    /// The bytes to store.
    pub bytes: Vec<u8>,
    /// Id of the key that opens it.
    pub key_id: String,
}

impl Seal {
    /// Parses a key: 32 bytes in base64.
    pub fn parse(key: &SecretString) -> anyhow::Result<Self> {
        let expected = "SESSION_KEY must be 32 random bytes in base64; `openssl rand -base64 32` makes one";
        let bytes = STANDARD.decode(key.expose_secret().trim()).ok().filter(|bytes| bytes.len() == 32);
        let bytes = bytes.context(expected)?;
        // A key of equal bytes is a placeholder and no secret.
        anyhow::ensure!(bytes.iter().any(|byte| *byte != bytes[0]), expected);
        let hash = digest::digest(&digest::SHA256, &bytes);
        // Derived from the key, so that after a key change the rows sealed with the previous key can be recognized.
        let key_id = hash.as_ref()[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| anyhow!(expected))?;
        Ok(Self { key, key_id })
    }

    /// Encrypts a text for the row `row`.
    pub fn seal(&self, text: &SecretString, row: &[u8]) -> Sealed {
        let mut sealed = text.expose_secret().as_bytes().to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(row), &mut sealed)
            .expect("only a text of more than 64 GB cannot be sealed");
        let bytes = nonce.as_ref().iter().copied().chain(sealed).collect();
        Sealed { bytes, key_id: self.key_id.clone() }
    }

    /// Decrypts a text that was sealed for the row `row`. `None` if it was sealed with another key or for another row,
    /// or was modified.
    pub fn open(&self, sealed: &Sealed, row: &[u8]) -> Option<SecretString> {
        let (nonce, ciphertext) = sealed.bytes.split_at_checked(NONCE_LEN)?;
        if sealed.key_id != self.key_id {
            return None;
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = ciphertext.to_vec();
        let text = self.key.open_in_place(nonce, Aad::from(row), &mut text).ok()?;
        std::str::from_utf8(text).ok().map(SecretString::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(fill: u8) -> Seal {
        let mut bytes = [fill; 32];
        bytes[0] = 1;
        Seal::parse(&STANDARD.encode(bytes).into()).expect("a key")
    }

    #[test]
    fn a_sealed_text_opens_only_with_its_key_in_its_row_and_unmodified() {
        let token: SecretString = "a refresh token".into();
        let mut sealed = seal(7).seal(&token, b"row");
        assert!(!sealed.bytes.windows(7).any(|window| window == b"refresh"));
        assert_eq!(seal(7).open(&sealed, b"row").expect("opens").expose_secret(), "a refresh token");
        assert!(seal(8).open(&sealed, b"row").is_none());
        assert!(seal(7).open(&sealed, b"another row").is_none());
        sealed.bytes[NONCE_LEN] ^= 1;
        assert!(seal(7).open(&sealed, b"row").is_none());
        sealed.bytes.truncate(3);
        assert!(seal(7).open(&sealed, b"row").is_none());
    }

    #[test]
    fn the_same_text_is_never_sealed_to_the_same_bytes() {
        let token: SecretString = "a refresh token".into();
        assert_ne!(seal(7).seal(&token, b"row").bytes, seal(7).seal(&token, b"row").bytes);
    }

    #[test]
    fn an_invalid_key_is_rejected_with_a_hint_and_is_not_repeated() {
        for key in ["", "secret", "c2hvcnQ=", &STANDARD.encode([0; 32]), &STANDARD.encode([1; 33])] {
            let error = Seal::parse(&key.into()).err().expect("rejected").to_string();
            assert!(error.contains("openssl rand -base64 32") && (key.is_empty() || !error.contains(key)));
        }
    }
}
