//! Routes of the JSON API. Like a server function, a handler identifies the caller, parses, makes one call and answers.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{from_fn_with_state, map_request, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Serialize;

use crate::domain::conversation;
use crate::domain::page::Cursor;
use crate::domain::user::{self, User};
use crate::server::http::body::{self, UnreadableBody};
use crate::server::http::client_address::ClientAddress;
use crate::server::http::json_api::bearer::Bearer;
use crate::server::http::json_api::error::ApiError;
use crate::server::http::json_api::error_code::ErrorCode;
use crate::server::http::json_api::new_message::{NewMessage, Target};
use crate::server::http::json_api::paging::{PageRequest, links};
use crate::server::http::json_api::responses::{Message, MessageGroup, SentMessage, ShortProfile, StartedConversation};
use crate::server::http::json_api::{cors, uuids};
use crate::server::http::layers;
use crate::server::http::layers::ErrorResponse;
use crate::server::http::rate_limits::{Action, Caller};
use crate::server::messaging;
use crate::server::state::AppState;

/// Prefix of all API paths.
pub const PREFIX: &str = "/api";

/// All paths under [`PREFIX`].
pub const PATHS: [&str; 5] = [
    "/message_groups",
    "/messages/{message_group_uuid}",
    "/messages",
    // The parameter includes the `@` of the handle, because clients may encode it as `%40`.
    "/users/{handle}/short",
    "/openapi.json",
];

/// OpenAPI document.
pub const DOCUMENT: &str = include_str!("openapi.json");

/// Response if a handler panics or does not answer in time.
const ON_ERROR: ErrorResponse = ErrorResponse(|_, error| ApiError::from(error.clone()).into_response());

/// Router of the API, to be nested under [`PREFIX`].
pub fn routes(state: &AppState) -> Router<AppState> {
    let [message_groups, messages, message, short, document] = PATHS;
    Router::new()
        .route(message_groups, get(list_message_groups))
        .route(messages, get(list_messages))
        .route(message, post(create_message))
        .route(short, get(show_profile))
        .route(document, get(show_document))
        .fallback(not_found)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(map_request(async |request| {
            body::buffer_body(request).await.map_err(|reason| {
                let error = match reason {
                    UnreadableBody::TooLarge => ApiError::TooLarge,
                    UnreadableBody::Malformed | UnreadableBody::TooSlow => ApiError::BadRequest,
                };
                reason.answer(error)
            })
        }))
        .layer(from_fn_with_state(ON_ERROR, layers::request_timeout))
        .layer(from_fn_with_state(ON_ERROR, layers::catch_panic))
        .layer(layers::compression())
        .layer(cors::layer(&state.config.api_origins))
        .layer(map_response(cors::strip_for_disallowed_origins))
}

/// Lists the caller's conversations, newest first.
async fn list_message_groups(
    State(state): State<AppState>,
    Bearer(me): Bearer,
    PageRequest(cursor): PageRequest,
) -> Result<(HeaderMap, Json<Vec<MessageGroup>>), ApiError> {
    let page = state.store.conversations.list_full_text(me.user.id, cursor.as_ref()).await?;
    let links = links("/api/message_groups", &page);
    Ok((links, Json(page.items.into_iter().map(|it| MessageGroup::new(me.user.id, it)).collect())))
}

/// Lists messages of one of the caller's conversations: the newest page by default, oldest message first.
async fn list_messages(
    State(state): State<AppState>,
    Bearer(me): Bearer,
    PageRequest(cursor): PageRequest,
    path: Result<Path<String>, PathRejection>,
) -> Result<(HeaderMap, Json<Vec<Message>>), ApiError> {
    let conversation = conversation_id(&segment(path)?)?;
    let cursor = cursor.unwrap_or_else(Cursor::newest);
    let (page, authors) =
        messaging::conversations::list_messages_with_authors(&state, &me, conversation, &cursor).await?;
    let links = links(&format!("/api/messages/{conversation}"), &page);
    let author = |id: user::Id| authors.get(&id).cloned().unwrap_or_else(|| User::deleted(id));
    let messages = page.items.into_iter().map(|message| Message::new(&author(message.author), message));
    Ok((links, Json(messages.collect())))
}

/// Sends a message to one of the caller's conversations or to a user.
async fn create_message(
    State(state): State<AppState>,
    Bearer(me): Bearer,
    request: Request,
) -> Result<Response, ApiError> {
    let NewMessage { target, id, body } = NewMessage::read(request, &me.user).await?;
    match target {
        Target::Conversation(text) => {
            let conversation = conversation_id(&text)?;
            let sent = messaging::sending::send_message(&state, &me, conversation, id, &body, None).await?;
            Ok(Json(SentMessage::new(&me.user, conversation, sent.message)).into_response())
        }
        Target::User(handle) => {
            let message_group_uuid = messaging::sending::start_conversation(&state, &me, &handle, id, &body).await?;
            Ok(Json(StartedConversation { message_group_uuid }).into_response())
        }
    }
}

/// Shows the user with a handle. It needs no token, so it is rate-limited by address: a client could otherwise
/// enumerate all handles.
async fn show_profile(
    State(state): State<AppState>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<ShortProfile>, ApiError> {
    state.rate_limits.check_shared(&state.store, Action::Search, &Caller::Address(address)).await?;
    let text = segment(path)?;
    let handle = text.strip_prefix('@').ok_or(ApiError::NotFound)?;
    let user = state.store.users.by_written_handle(handle).await?.ok_or(ApiError::NotFound)?;
    if state.store.users.is_leaving(user.id).await? {
        return Err(ApiError::NotFound);
    }
    Ok(Json(user.into()))
}

/// Body of the response to unknown paths. No client of the old app requests them, so there is room for a message.
#[derive(Serialize)]
struct UnknownPath {
    /// The code again, for clients written before there was a `code`.
    error: ErrorCode,
    message: &'static str,
    code: ErrorCode,
}

/// Response of all unknown paths.
pub async fn not_found() -> impl IntoResponse {
    let code = ErrorCode::NotFound;
    (StatusCode::NOT_FOUND, Json(UnknownPath { error: code, message: "Not found.", code }))
}

async fn show_document() -> impl IntoResponse {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], DOCUMENT)
}

/// Returns the parameter of a path. A parameter that is not valid UTF-8 is not found.
fn segment(path: Result<Path<String>, PathRejection>) -> Result<String, ApiError> {
    path.map(|Path(text)| text).map_err(|_| ApiError::NotFound)
}

/// Parses the id of a conversation. An invalid id is not found.
fn conversation_id(text: &str) -> Result<conversation::Id, ApiError> {
    uuids::parse(text).map(conversation::Id).ok_or(ApiError::NotFound)
}
