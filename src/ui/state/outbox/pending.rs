//! Messages as they will be once the server has stored the changes that wait in the outbox.

use crate::domain::message::{Message, set_reaction};
use crate::domain::user;
use crate::ui::state::outbox::queue::{Shown, State};
use crate::ui::state::outbox::unsent::Content;

/// Applies the waiting changes of `me` to the messages that a page draws, and to their quotes. A refused change shows
/// nothing. Costs nothing without changes.
pub fn apply_pending(messages: &mut [Message], entries: &[Shown], me: user::Id) {
    for entry in entries.iter().filter(|entry| !matches!(entry.state, State::Refused(_))) {
        let content = &entry.item.content;
        let Some(reference) = content.changes() else { continue };
        let Some(message) = messages.iter_mut().rfind(|message| message.id == reference.id) else { continue };
        apply(message, content, me);
        let quoted = message.quoted();
        for quote in messages.iter_mut().filter_map(|it| it.quote.as_mut()) {
            quote.merge(&quoted);
        }
    }
}

fn apply(message: &mut Message, content: &Content, me: user::Id) {
    if message.is_deleted() {
        return;
    }
    match content {
        Content::Body(_) => {}
        Content::Edit { edits, body, .. } => {
            // Otherwise the server has this edit or another one already.
            if message.edits <= *edits {
                body.trim().clone_into(&mut message.body);
                message.edits = edits + 1;
                message.edited_at.get_or_insert_with(|| message.sent_at.clone());
            }
        }
        Content::Delete(_) => {
            message.body.clear();
            message.quote = None;
            message.reactions.clear();
            (message.edits, message.edited_at) = (0, None);
            message.deleted_at = Some(message.sent_at.clone());
        }
        Content::React { emoji, on, .. } => {
            set_reaction(&mut message.reactions, me, emoji, *on);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::emoji::Emoji;
    use crate::domain::error::AppError;
    use crate::domain::message::{self, Reaction};
    use crate::domain::samples;
    use crate::ui::state::compose_target::Target;
    use crate::ui::state::outbox::unsent::Unsent;
    use crate::ui::state::refusal::Refusal;

    fn shown(content: Content) -> Shown {
        let target = Target::Conversation(samples::conversation(1).id);
        let (id, to, reply_to, replaced) = (message::Id(Uuid::from_u128(90)), String::new(), None, Vec::new());
        let item = Unsent {
            id,
            target,
            peer: None,
            to,
            order: 1,
            written_at_ms: 1,
            content,
            reply_to,
            replaced,
            refused: None,
        };
        Shown { item, state: State::Sending, is_kept: true }
    }

    fn messages() -> Vec<Message> {
        let original = samples::message(1, "helo", "2026-11-21T09:26");
        let answer = Message { quote: Some(original.quoted()), ..samples::message(2, "hi", "2026-11-21T09:27") };
        vec![original, answer]
    }

    fn applied(entries: &[Shown]) -> Vec<Message> {
        let mut messages = messages();
        apply_pending(&mut messages, entries, samples::user(1, "ana").id);
        messages
    }

    #[test]
    fn a_waiting_edit_or_deletion_shows_at_once_and_in_quotes_too() {
        let message = messages()[0].reference();
        let edit = shown(Content::Edit { message: message.clone(), edits: 0, body: "hello ".to_owned() });
        let edited = applied(std::slice::from_ref(&edit));
        assert_eq!((edited[0].body.as_str(), edited[0].edits), ("hello", 1));
        assert_eq!(edited[1].quote.as_ref().and_then(|quote| quote.text.as_deref()), Some("hello"));
        let deleted = applied(&[edit, shown(Content::Delete(message))]);
        assert!(deleted[0].is_deleted() && deleted[0].body.is_empty());
        assert_eq!(deleted[1].quote.as_ref().map(|quote| quote.text.is_none()), Some(true));
    }

    #[test]
    fn an_edit_of_an_earlier_text_and_a_refused_one_show_nothing() {
        let message = messages()[0].reference();
        let mut edit = shown(Content::Edit { message, edits: 0, body: "hello".to_owned() });
        let mut changed = Message { edits: 1, body: "theirs".to_owned(), ..messages().remove(0) };
        apply_pending(std::slice::from_mut(&mut changed), std::slice::from_ref(&edit), samples::user(1, "ana").id);
        assert_eq!(changed.body, "theirs");
        edit.state = State::Refused(Refusal::from(&AppError::NotFound));
        assert_eq!(applied(&[edit]), messages());
    }

    #[test]
    fn waiting_reactions_show_at_once_in_the_order_of_first_use() {
        let (ana, ben) = (samples::user(1, "ana").id, samples::user(2, "ben").id);
        let emoji = |text: &str| Emoji::stored(text.to_owned());
        let mut message = messages().remove(0);
        message.reactions = vec![Reaction { emoji: emoji("👍"), users: vec![ben, ana] }];
        let react =
            |text: &str, on| shown(Content::React { message: messages()[0].reference(), emoji: emoji(text), on });
        let entries = [react("🎈", true), react("👍", false), react("🎈", true), react("🚀", false)];
        apply_pending(std::slice::from_mut(&mut message), &entries, ana);
        let expected = [("👍", vec![ben]), ("🎈", vec![ana])];
        assert_eq!(message.reactions, expected.map(|(text, users)| Reaction { emoji: emoji(text), users }));
    }
}
