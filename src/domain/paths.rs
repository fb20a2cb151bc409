//! Paths of the pages of conversations and messages.

use crate::domain::conversation;
use crate::domain::message::{MessageRef, SentAt};

/// Path of the list of message requests.
pub const REQUESTS: &str = "/messages/requests";

/// Path of a conversation.
pub fn conversation(id: conversation::Id) -> String {
    format!("/messages/{id}")
}

/// Returns true for the path of a conversation and of a first message.
pub fn is_thread(path: &str) -> bool {
    match path.trim_end_matches('/').strip_prefix("/messages/") {
        None | Some("new" | "requests") => false,
        Some(rest) => rest.starts_with("new/") || !rest.contains('/'),
    }
}

/// Link that opens a conversation at a message. The time alone finds the message at any depth; the fragment lets a
/// browser without script scroll to it.
pub fn link_to(id: conversation::Id, message: &MessageRef) -> String {
    format!("{}?around={}#m-{}", conversation(id), message.sent_at.url_safe(), message.id)
}

/// Path of the page of one message.
pub fn message(id: conversation::Id, message: &MessageRef) -> String {
    format!("{}/message/{}/{}", conversation(id), message.sent_at.url_safe(), message.id)
}

/// Path of the page on which a conversation's other member or a message is reported, from the path of the page of it.
pub fn report(of: &str) -> String {
    format!("{of}/report")
}

/// Path of a conversation whose composer answers a message.
pub fn reply_to(id: conversation::Id, message: &MessageRef) -> String {
    format!("{}?reply={}_{}", conversation(id), message.sent_at.url_safe(), message.id)
}

/// Reads the parameter `reply` of [`reply_to`].
pub fn parse_reply(parameter: &str) -> Option<MessageRef> {
    let (sent_at, id) = parameter.rsplit_once('_')?;
    Some(MessageRef { id: id.parse().ok()?, sent_at: SentAt::stored(sent_at.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    #[test]
    fn only_conversations_and_first_messages_are_threads() {
        let id = samples::conversation(1).id;
        let path = conversation(id);
        for thread in [&*path, &format!("{path}/"), "/messages/new/ana", "/messages/new/user/1", "/messages/unknown"] {
            assert!(is_thread(thread), "{thread}");
        }
        for other in ["/", "/messages", "/messages/", "/messages/new", "/messages/requests", &report(&path)] {
            assert!(!is_thread(other), "{other}");
        }
    }

    #[test]
    fn the_paths_of_a_message_need_no_escaping_and_a_reply_can_be_parsed() {
        let id = samples::conversation(1).id;
        let reference = samples::message(2, "hello", "2026-11-21T09:26:28.207802+00:00").reference();
        for path in [link_to(id, &reference), message(id, &reference), reply_to(id, &reference)] {
            assert!(path.contains("2026-11-21T09:26:28.207802Z"), "{path}");
            assert!(path.ends_with(&reference.id.to_string()), "{path}");
        }
        let path = reply_to(id, &reference);
        let (_, parameter) = path.split_once("?reply=").expect("a parameter");
        let parsed = parse_reply(parameter).expect("a reference");
        assert_eq!((parsed.id, parsed.sent_at.url_safe()), (reference.id, reference.sent_at.url_safe()));
        assert_eq!([parse_reply(""), parse_reply("yesterday_nobody")], [None, None]);
    }
}
