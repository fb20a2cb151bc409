//! `GET /events`: live events of the signed-in user, as Server-Sent Events (HTML, section 9.2).

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream};
use tokio::time::{Instant, Interval, interval_at};
use tokio_util::sync::CancellationToken;

use crate::domain::error::AppError;
use crate::domain::user;
use crate::server::http::error_response::error_response;
use crate::server::http::session::CurrentUser;
use crate::server::live::hub::Subscription;
use crate::server::state::AppState;

/// Interval of the heartbeat. Short enough for proxies, most of which close an idle connection after 60 seconds, and
/// for a page to notice that its stream is dead.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(20);

/// Delay before a browser reopens a stream that has ended.
const RETRY_DELAY: Duration = Duration::from_secs(2);

/// Opens an event stream. After its first event, `hello`, the stream misses nothing, so that a page which then loads
/// data is up to date. The stream ends with the session, when the server shuts down, and if the page does not read it.
pub async fn events(State(state): State<AppState>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match subscribe(&state, &parts) {
        Ok(subscription) => {
            tokio::spawn(announce_presence(state.clone(), subscription.user()));
            let stream = Sse::new(event_stream(subscription, state.closing.clone()));
            // nginx would otherwise hold events back until its buffer is full.
            let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
            ([(CACHE_CONTROL, HeaderValue::from_static("no-store")), unbuffered], stream).into_response()
        }
        Err(error) => error_response(&error),
    }
}

fn subscribe(state: &AppState, parts: &axum::http::request::Parts) -> Result<Subscription, AppError> {
    let me = CurrentUser::of(parts)?;
    let session = me.session.ok_or(AppError::Unauthenticated)?;
    state.hub.subscribe(me.user.id, session)
}

/// Announces the user's presence to the other members of their conversations. A late announcement has no value, so a
/// failure is not retried.
async fn announce_presence(state: AppState, user: user::Id) {
    match state.store.conversations.recent_peers(user).await {
        Ok(peers) => state.presence.connect(user, peers),
        Err(failure) => drop(failure.into_public()),
    }
}

/// State of an open stream.
struct EventStream {
    subscription: Subscription,
    heartbeat: Interval,
    closing: CancellationToken,
    hello_sent: bool,
}

fn event_stream(
    subscription: Subscription,
    closing: CancellationToken,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let heartbeat = interval_at(Instant::now() + HEARTBEAT_INTERVAL, HEARTBEAT_INTERVAL);
    let open = EventStream { subscription, heartbeat, closing, hello_sent: false };
    stream::unfold(open, |mut open| async move { Some((Ok(open.next().await?), open)) })
}

impl EventStream {
    async fn next(&mut self) -> Option<Event> {
        if !self.hello_sent {
            self.hello_sent = true;
            // Names the user of the stream, because another user may have signed in from another window.
            return Some(Event::default().event("hello").data(self.subscription.user().to_string()).retry(RETRY_DELAY));
        }
        tokio::select! {
            () = self.closing.cancelled() => None,
            text = self.subscription.next() => text.map(|text| Event::default().data(text)),
            // Browsers do not dispatch an event without data (HTML, section 9.2.6).
            _ = self.heartbeat.tick() => Some(Event::default().event("beat").data("beat")),
        }
    }
}
