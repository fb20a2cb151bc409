//! Rows that were read before the reader's right to them was known.

use anyhow::anyhow;

use crate::domain::conversation;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::membership::Membership;

/// Rows of one conversation that were read beside its head, before it was known whether the reader is a member. Only a
/// [`Membership`] of the same conversation opens them.
pub(super) struct Sealed<T> {
    conversation: conversation::Id,
    rows: T,
}

impl<T> Sealed<T> {
    /// Seals rows of a conversation.
    pub(super) fn new(conversation: conversation::Id, rows: T) -> Self {
        Self { conversation, rows }
    }

    /// Returns the rows. Fails if the right is to another conversation.
    pub(super) fn open(self, membership: &Membership) -> Result<T, Failure> {
        if membership.conversation() != self.conversation {
            let (sealed, right) = (self.conversation, membership.conversation());
            return Err(Failure::Unexpected(anyhow!("rows of {sealed} opened with a right to {right}")));
        }
        Ok(self.rows)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::domain::samples;
    use crate::server::store::dynamodb::rows::Head;
    use crate::server::store::dynamodb::table::SortTime;

    #[test]
    fn sealed_rows_are_opened_only_by_a_membership_of_their_conversation() {
        let [one, other] = [1, 2].map(|n| conversation::Id(Uuid::from_u128(n)));
        let pair = [1, 2].map(|n| samples::user(n, "").id);
        let at = SortTime::from(datetime!(2026-11-21 9:26 UTC));
        let head = Head::direct(pair, 1, at).expect("two members");
        let membership = Membership::new(one, pair[0], head).expect("a member");
        assert_eq!(Sealed::new(one, "text").open(&membership).ok(), Some("text"));
        assert!(Sealed::new(other, "text").open(&membership).is_err());
    }
}
