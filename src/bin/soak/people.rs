//! People in pairs, signed in, each pair with a conversation.

use std::net::SocketAddr;

use anyhow::Context;
use clap::Parser;
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message::{self, Body};
use cruddur_messages::domain::user::{self, User};
use cruddur_messages::server::config::Config;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::http::session::cookie;
use cruddur_messages::server::store::Store;
use cruddur_messages::server::store::dynamodb::{self, Table};
use cruddur_messages::server::store::postgres::new_user::Newcomer;
use cruddur_messages::server::store::postgres::sessions::NewSession;
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::header::{CONTENT_TYPE, COOKIE};
use reqwest::{Client, StatusCode};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::AT_ONCE;

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Person {
    /// Who.
    pub(crate) id: user::Id,
    /// The session, as a browser sends it.
    pub(crate) cookie: String,
}

/// Two people who write to each other.
pub(crate) struct Pair {
    /// Both.
    pub(crate) people: [Person; 2],
    /// Their conversation.
    pub(crate) talk: conversation::Id,
}

/// Makes so many pairs, past the pages: what is measured begins after signing in.
pub(crate) async fn make(pairs: usize) -> anyhow::Result<Vec<Pair>> {
    // The same variables as the web server's, read in the same way.
    let config = Config::parse_from(["soak"]);
    let table = Table::new(dynamodb::connect().await, &config.message_table);
    let store = &Store::over(&config, table)?;
    stream::iter(0..pairs).map(|number| pair(store, number)).buffer_unordered(AT_ONCE).try_collect().await
}

async fn pair(store: &Store, number: usize) -> anyhow::Result<Pair> {
    let ((one, me), (other, with)) =
        tokio::try_join!(sign_in(store, format!("left-{number}")), sign_in(store, format!("right-{number}")))?;
    let body = Body::parse("hello")?;
    let started = store.conversations.start(&me, &with, message::Id(Uuid::now_v7()), &body).await;
    Ok(Pair { people: [one, other], talk: started.map_err(Failure::into_cause)?.0 })
}

async fn sign_in(store: &Store, name: String) -> anyhow::Result<(Person, User)> {
    let newcomer = Newcomer {
        sub: Uuid::new_v4(),
        email: format!("{name}@example.com"),
        email_verified: true,
        name: Some(name.clone()),
        handle: Some(name),
    };
    let user = store.users.arrive(&newcomer).await.map_err(Failure::into_cause)?.user;
    let secret = cookie::Secret::new();
    let new = NewSession {
        user: user.id,
        refresh_token: "none: nobody refreshes within a week".into(),
        access_ends_at: OffsetDateTime::now_utc() + time::Duration::WEEK,
        user_agent: "soak".to_owned(),
    };
    store.sessions.create(secret.id(), &new).await.map_err(Failure::into_cause)?;
    let line = secret.set_cookie();
    let cookie = line.to_str()?.split(';').next().context("a cookie")?.to_owned();
    Ok((Person { id: user.id, cookie }, user))
}

/// Sends a message.
pub(crate) async fn say(
    http: Client,
    server: SocketAddr,
    author: Person,
    talk: conversation::Id,
    body: String,
) -> anyhow::Result<()> {
    let fields = [("conversation", talk.to_string()), ("id", Uuid::now_v7().to_string()), ("body", body)];
    let request = http
        .post(format!("http://{server}/rpc/send_message"))
        .header(COOKIE, author.cookie)
        .header("sec-fetch-site", "same-origin")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(serde_urlencoded::to_string(fields)?);
    let answer = request.send().await?;
    anyhow::ensure!(answer.status() == StatusCode::OK, "{}: {}", answer.status(), answer.text().await?);
    Ok(())
}
