//! Signed-in users in pairs, each pair with a conversation.

use std::net::SocketAddr;

use anyhow::Context;
use clap::Parser;
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message::{self, Body};
use cruddur_messages::server::config::Config;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::Store;
use cruddur_messages::server::store::dynamodb::{self, Table};
use cruddur_messages::server::store::postgres::new_user::NewUser;
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::header::{CONTENT_TYPE, COOKIE};
use reqwest::{Client, StatusCode};
use uuid::Uuid;

use crate::CONCURRENCY;
use crate::signed_in::{self, SignedIn};

/// Two users who write to each other.
pub(crate) struct Pair {
    pub(crate) users: [SignedIn; 2],
    pub(crate) conversation: conversation::Id,
}

/// Creates pairs of users.
pub(crate) async fn create_pairs(pairs: usize) -> anyhow::Result<Vec<Pair>> {
    // Reads the same environment variables as the web server.
    let config = Config::parse_from(["load"]);
    let table = Table::new(dynamodb::connect().await, &config.message_table);
    let store = &Store::with_table(&config, table)?;
    stream::iter(0..pairs).map(|number| pair(store, number)).buffer_unordered(CONCURRENCY).try_collect().await
}

async fn pair(store: &Store, number: usize) -> anyhow::Result<Pair> {
    let (one, other) =
        tokio::try_join!(sign_in(store, format!("left-{number}")), sign_in(store, format!("right-{number}")))?;
    let body = Body::parse("hello")?;
    let access = store.conversations.direct_access(&one.user, &other.user).await.map_err(Failure::into_cause)?;
    let started = store.conversations.start(&access, message::Id(Uuid::now_v7()), &body).await;
    let conversation = started.map_err(Failure::into_cause)?.conversation;
    let membership = store.conversations.membership(other.user.id, conversation).await.map_err(Failure::into_cause)?;
    let membership = membership.context("the recipient is a member")?;
    store.conversations.accept_request(&membership).await.map_err(Failure::into_cause)?;
    Ok(Pair { users: [one, other], conversation })
}

async fn sign_in(store: &Store, name: String) -> anyhow::Result<SignedIn> {
    let new_user = NewUser {
        sub: Uuid::new_v4(),
        email: format!("{name}@example.com"),
        email_verified: true,
        name: Some(name.clone()),
        handle: Some(name),
    };
    signed_in::sign_in(store, &new_user).await
}

/// Sends a message.
pub(crate) async fn send(
    http: Client,
    server: SocketAddr,
    author: SignedIn,
    conversation: conversation::Id,
    body: String,
) -> anyhow::Result<()> {
    let fields = [("conversation", conversation.to_string()), ("id", Uuid::now_v7().to_string()), ("body", body)];
    let request = http
        .post(format!("http://{server}/rpc/send_message"))
        .header(COOKIE, author.cookie)
        .header("sec-fetch-site", "same-origin")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(serde_urlencoded::to_string(fields)?);
    let response = request.send().await?;
    anyhow::ensure!(response.status() == StatusCode::OK, "{}: {}", response.status(), response.text().await?);
    Ok(())
}
