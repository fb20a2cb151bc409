//! Authenticator app as a second factor, as its user sees it.

use serde::{Deserialize, Serialize};

/// State of a user's second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authenticator {
    /// True if a sign-in needs the code of an app.
    pub is_on: bool,
    /// The key that is being set up.
    pub key: Option<AuthenticatorKey>,
}

/// Key for an authenticator app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthenticatorKey {
    /// The key in base32, in groups of four characters.
    pub text: String,
    /// Address that an app on the same device opens.
    pub address: String,
    pub qr_code: QrCode,
}

/// QR code, as one shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QrCode {
    /// Width and height in modules, with the margin.
    pub width: usize,
    /// Outline of the dark modules, as the path of an SVG.
    pub path: String,
}
