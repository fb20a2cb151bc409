//! An authenticator app (RFC 6238).

use aws_lc_rs::hmac;

use super::signing::now;

/// Returns the code that an app shows at this moment for a secret in base32.
pub fn code(secret: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &base32(secret));
    let tag = hmac::sign(&key, &(now() / 30).to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[19] & 15);
    let bytes = tag[offset..offset + 4].try_into().expect("four bytes");
    format!("{:06}", (u32::from_be_bytes(bytes) & 0x7fff_ffff) % 1_000_000)
}

fn base32(text: &str) -> Vec<u8> {
    let values = text.bytes().map(|byte| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'2'..=b'7' => byte - b'2' + 26,
        _ => panic!("{text} is not base32"),
    });
    let bits: Vec<u8> = values.flat_map(|value| (0..5).rev().map(move |at| (value >> at) & 1)).collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |all, bit| (all << 1) | bit)).collect()
}

#[test]
fn the_codes_are_those_of_the_standard() {
    // RFC 6238, appendix B, as far as the clock is not needed: the secret of its table.
    assert_eq!(base32("GEZDGNBVGY3TQOJQ"), b"1234567890");
}
