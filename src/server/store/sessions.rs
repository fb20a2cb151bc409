//! Who is signed in, in PostgreSQL.

/// Names a session in the store: the SHA-256 of the cookie's secret, so that a copy of the table signs nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id(pub [u8; 32]);

/// The table `sessions`.
#[derive(Clone)]
pub struct Sessions {}
impl Sessions {
    /// STUB
    pub async fn delete_expired(&self) -> Result<(), crate::server::respond::Failure> {
        todo!()
    }
}
