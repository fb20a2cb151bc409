//! The routes of the API, each as short as a server function: who, parse, one call, answer.

use std::any::Any;
use std::collections::HashMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::{Next, from_fn, map_request, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::domain::conversation::{self, Thread};
use crate::domain::page::Cursor;
use crate::domain::user::{self, Handle, User};
use crate::server::failure::Failure;
use crate::server::http::json_api::bearer::Bearer;
use crate::server::http::json_api::new_message::{NewMessage, To};
use crate::server::http::json_api::paging::{Place, links};
use crate::server::http::json_api::refusal::Refusal;
use crate::server::http::json_api::shapes::{Message, MessageGroup, Person, Sent, Started};
use crate::server::http::json_api::{cors, ids};
use crate::server::http::rate_limits::{Action, Caller, ClientAddress};
use crate::server::http::request_limits::REQUEST_TIMEOUT;
use crate::server::http::{layers, session};
use crate::server::messaging;
use crate::server::state::AppState;

/// The prefix of all paths.
pub const PREFIX: &str = "/api";

/// The paths under [`PREFIX`], and nothing else.
pub const PATHS: [&str; 5] = [
    "/message_groups",
    "/messages/{message_group_uuid}",
    "/messages",
    // The handle with its `@`, since programs may write that as `%40`.
    "/users/{handle}/short",
    "/openapi.json",
];

/// What the API promises, in its own words.
pub const DOCUMENT: &str = include_str!("openapi.json");

/// The routes, to be nested under [`PREFIX`].
pub fn routes(state: &AppState) -> Router<AppState> {
    let [message_groups, messages, message, short, document] = PATHS;
    Router::new()
        .route(message_groups, get(list_message_groups))
        .route(messages, get(list_messages))
        .route(message, post(create_message))
        .route(short, get(show_person))
        .route(document, get(show_document))
        .fallback(not_found)
        .method_not_allowed_fallback(async || Refusal::MethodNotAllowed)
        .layer(map_request(async |request| layers::read_body(request).await.ok_or(Refusal::TooLarge)))
        .layer(from_fn(in_time))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(CompressionLayer::new())
        .layer(cors::layer(&state.config.api_origins))
        .layer(map_response(cors::nothing_for_others))
}

/// The person's conversations, newest first.
async fn list_message_groups(
    State(state): State<AppState>,
    Bearer(me): Bearer,
    Place(cursor): Place,
) -> Result<(HeaderMap, Json<Vec<MessageGroup>>), Refusal> {
    let page = state.store.conversations.list_whole(me.user.id, cursor.as_ref()).await?;
    let links = links("/api/message_groups", &page);
    Ok((links, Json(page.items.into_iter().map(MessageGroup::from).collect())))
}

/// The newest messages of a conversation of theirs, oldest first among them.
async fn list_messages(
    State(state): State<AppState>,
    Bearer(me): Bearer,
    Place(cursor): Place,
    path: Result<Path<String>, PathRejection>,
) -> Result<(HeaderMap, Json<Vec<Message>>), Refusal> {
    let conversation = conversation_id(&segment(path)?)?;
    let place = cursor.unwrap_or_else(Cursor::newest);
    let thread = messaging::conversations::open(&state, &me, conversation, Some(&place)).await?;
    let links = links(&format!("/api/messages/{conversation}"), &thread.messages);
    let authors = authors(&state, &me, &thread).await?;
    let by = |id: user::Id| authors.get(&id).cloned().unwrap_or_else(|| User::who_left(id));
    let messages = thread.messages.items.into_iter().map(|message| Message::by(&by(message.author), message));
    Ok((links, Json(messages.collect())))
}

/// Sends a message into a conversation of theirs, or to somebody.
async fn create_message(
    State(state): State<AppState>,
    Bearer(me): Bearer,
    request: Request,
) -> Result<Response, Refusal> {
    let NewMessage { to, id, body } = NewMessage::read(request, &me.user).await?;
    match to {
        To::Conversation(text) => {
            let conversation = conversation_id(&text)?;
            let message = messaging::sending::send(&state, &me, conversation, id, &body).await?;
            Ok(Json(Sent::new(&me.user, conversation, message)).into_response())
        }
        To::Person(handle) => {
            let message_group_uuid = messaging::sending::start(&state, &me, &handle, id, &body).await?;
            Ok(Json(Started { message_group_uuid }).into_response())
        }
    }
}

/// Who has a handle. Anybody may ask, so each address may ask so often only: otherwise all handles could be tried.
async fn show_person(
    State(state): State<AppState>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Person>, Refusal> {
    state.limits.check(Action::Search, Caller::Address(address))?;
    let text = segment(path)?;
    let handle = text.strip_prefix('@').and_then(|text| Handle::parse(text).ok()).ok_or(Refusal::NotFound)?;
    let user = state.store.users.by_handle(&handle).await?.ok_or(Refusal::NotFound)?;
    Ok(Json(user.into()))
}

/// What every path is that is not a route.
pub async fn not_found() -> Refusal {
    Refusal::NotFound
}

async fn show_document() -> impl IntoResponse {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], DOCUMENT)
}

/// The people who wrote a page of messages. One query where somebody else than the two has: the old app let anybody in.
async fn authors(
    state: &AppState,
    me: &session::CurrentUser,
    thread: &Thread,
) -> Result<HashMap<user::Id, User>, Failure> {
    let mut authors = HashMap::from([me.user.clone(), thread.with.clone()].map(|user| (user.id, user)));
    let ids = thread.messages.items.iter().map(|message| message.author);
    let others: Vec<_> = ids.filter(|id| !authors.contains_key(id)).collect();
    if !others.is_empty() {
        authors.extend(state.store.users.by_ids(&others).await?.into_iter().map(|user| (user.id, user)));
    }
    Ok(authors)
}

/// The variable part of a path. Bytes that are no text name nothing.
fn segment(path: Result<Path<String>, PathRejection>) -> Result<String, Refusal> {
    path.map(|Path(text)| text).map_err(|_| Refusal::NotFound)
}

/// A text that is no id names no conversation.
fn conversation_id(text: &str) -> Result<conversation::Id, Refusal> {
    ids::read(text).map(conversation::Id).ok_or(Refusal::NotFound)
}

async fn in_time(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await;
    answer.unwrap_or_else(|_| Refusal::Unavailable.into_response())
}

/// The panic itself has been printed by then.
fn after_panic(_: Box<dyn Any + Send>) -> Response {
    Refusal::Unexpected.into_response()
}
