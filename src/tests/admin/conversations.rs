//! `admin ddb list-conversations` and `get-conversation`.

use serde_json::Value;

use super::fixtures::{Admin, FAILED, SUCCESS, USAGE_ERROR};
use crate::support::dynamodb::DynamoDb;
use crate::support::postgres::Database;

/// Stores with the sample users and the sample conversation.
async fn seeded() -> (Database, DynamoDb, Admin) {
    let (database, dynamodb) = (Database::fresh().await, DynamoDb::start().await);
    dynamodb.table().await;
    let admin = Admin::new().on_database(&database.url).on_dynamodb(&dynamodb);
    admin.json(&["db", "seed"]).await;
    admin.json(&["ddb", "seed"]).await;
    (database, dynamodb, admin)
}

fn units(answer: &Value) -> (f64, usize) {
    let read = answer["consumed"]["read"].as_object().expect("capacity by table");
    assert_eq!(answer["consumed"]["write"].as_object().map(serde_json::Map::len), Some(0), "reading writes nothing");
    (read.values().filter_map(Value::as_f64).sum(), read.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_conversations_of_a_user_are_listed_with_the_consumed_capacity() {
    let (_database, _dynamodb, admin) = seeded().await;
    let answer = admin.json(&["ddb", "list-conversations", "@Ana"]).await;
    assert_eq!((&answer["person"]["handle"], &answer["more"]), (&Value::from("ana"), &Value::from(false)));
    let conversations = answer["conversations"].as_array().expect("a list");
    assert_eq!(conversations.len(), 1);
    assert_eq!(conversations[0]["members"][1]["handle"], "ben");
    let seq = |name: &str| conversations[0][name].as_u64().expect("a sequence number");
    assert_eq!(seq("seq") - seq("read"), 1, "the newest message is unread");
    let (read, tables) = units(&answer);
    assert!((1.0..=4.0).contains(&read) && tables == 1, "{answer}");

    let text = admin.text(&["ddb", "list-conversations", "ana"]).await;
    assert!(text.contains("@ben 1 unread") && text.contains("See you on Saturday!"), "{text}");
    assert!(text.ends_with(&format!("1 conversation\nconsumed {read} read and 0 write units in 3 calls\n")), "{text}");
    let alone = admin.json(&["ddb", "list-conversations", "cy", "--all"]).await;
    assert_eq!(alone["conversations"].as_array().map(Vec::len), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_or_all_of_a_conversation_is_printed_by_handle_or_by_id() {
    let (_database, _dynamodb, admin) = seeded().await;
    let page = admin.json(&["ddb", "get-conversation", "ana", "ben"]).await;
    let messages = page["messages"].as_array().expect("messages");
    assert_eq!((messages.len(), &page["more"]), (20, &true.into()));
    assert_eq!(messages[19]["body"], "See you on Saturday!", "the newest page, oldest first");
    let id = page["conversation"].as_str().expect("an id");
    let all = admin.json(&["ddb", "get-conversation", "ben", id, "--all"]).await;
    let seqs: Vec<_> =
        all["messages"].as_array().expect("messages").iter().filter_map(|it| it["seq"].as_u64()).collect();
    assert!(seqs.iter().copied().eq(1..=38) && all["more"] == false, "{seqs:?}");
    assert!(units(&all).0 > units(&page).0, "two pages cost more than one");

    let text = admin.text(&["ddb", "get-conversation", "ana", "@ben"]).await;
    assert!(text.contains("@ben See you on Saturday!\n20 messages (use --all"), "{text}");
    assert!(text.contains("consumed ") && text.contains(" read and 0 write units in 3 calls"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_shows_the_progress_and_finally_only_the_result() {
    /// Control sequence that clears a line of the terminal.
    const CLEARED: &str = "\u{1b}[2K";
    let (_database, _dynamodb, admin) = seeded().await;
    let admin = admin.with("TERM", "xterm");
    for (call, count, first, last) in [
        (&["ddb", "get-conversation", "ana", "ben", "--all"][..], "messages 20 ", "@ana Hello Ben", "38 messages"),
        (&["ddb", "list-conversations", "ana", "--all"][..], "conversations 1 ", "@ben 1 unread", "1 conversation"),
    ] {
        let run = admin.run_on_terminal("", call).await;
        assert!(run.code == SUCCESS && run.out.contains(count), "{run:?}");
        let (_, answer) = run.out.rsplit_once(CLEARED).expect("the progress is cleared");
        assert!(answer.contains(first) && answer.contains(last) && !answer.contains(count), "{run:?}");
        let run = admin.run(call).await;
        assert!(
            run.code == SUCCESS && ![run.out, run.err].concat().contains(count),
            "without a terminal, no progress is shown"
        );
    }
    let run = admin.run_on_terminal("", &["ddb", "migrate-legacy", "--dry-run"]).await;
    assert!(run.code == SUCCESS && run.out.contains("conversations ") && run.out.contains(" 0/1"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_printed_for_its_members_only() {
    let (_database, _dynamodb, admin) = seeded().await;
    let id = admin.json(&["ddb", "get-conversation", "ana", "ben"]).await["conversation"].to_string();
    for (arguments, error) in [
        (["cy", id.trim_matches('"')], "@cy has no conversation"),
        (["cy", "ana"], "@cy and @ana have no conversation"),
        (["nobody", "ana"], "there is no user @nobody"),
        (["ana", "nobody"], "there is no user @nobody"),
    ] {
        let run = admin.run(&[&["ddb", "get-conversation"], &arguments[..]].concat()).await;
        assert!(run.code == FAILED && run.err.contains(error), "{run:?}");
    }
    assert_eq!(admin.run(&["ddb", "get-conversation", "ana", " @ "]).await.code, USAGE_ERROR);
    assert_eq!(admin.run(&["ddb", "list-conversations"]).await.code, USAGE_ERROR);
}
