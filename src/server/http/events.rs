//! `GET /events`: live events of the signed-in user, as Server-Sent Events (HTML, section 9.2).

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use axum::extract::{Query, Request, State};
use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream};
use serde::Deserialize;
use tokio::time::{Instant, Interval, interval_at, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::domain::error::AppError;
use crate::domain::position::Position;
use crate::domain::user;
use crate::server::config::Config;
use crate::server::failure::Failure;
use crate::server::http::error_response::error_response;
use crate::server::http::rate_limits::Action;
use crate::server::http::request_budgets::spender;
use crate::server::http::session::CurrentUser;
use crate::server::live::hub::{Pushed, Subscription};
use crate::server::state::AppState;
use crate::server::store::Store;

/// Interval of the heartbeat. Short enough for proxies, most of which close an idle connection after 60 seconds. A page
/// takes its stream for dead after two heartbeats have failed to come.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);

/// Shortest and longest delay before a browser reopens a stream that has ended. Our pages reopen it themselves, after a
/// random delay of their own.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

/// Query of the request.
#[derive(Debug, Deserialize)]
pub struct Start {
    /// Position of the last event that the page has received, or of the page itself.
    after: Option<String>,
}

/// Opens an event stream. After its first event, `hello`, the stream misses nothing, so that a page which then loads
/// data is up to date. If the first event is `resumed`, the events since `after` follow, and the page needs to load
/// nothing. The stream ends with the session, when the server shuts down, if the page does not read it, and if the user
/// opens too many.
pub async fn events(State(state): State<AppState>, Query(start): Query<Start>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    // An unreadable position is an unknown one.
    match subscribe(&state, &parts, start.after.as_deref().and_then(Position::parse)) {
        Ok(subscription) => {
            tokio::spawn(announce_presence(state.clone(), subscription.user()));
            let stream = Sse::new(event_stream(subscription, end_of_service(state.closing.clone(), &state.config)));
            // nginx would otherwise hold events back until its buffer is full.
            let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
            ([(CACHE_CONTROL, HeaderValue::from_static("no-store")), unbuffered], stream).into_response()
        }
        Err(error) => error_response(&error),
    }
}

fn subscribe(
    state: &AppState,
    parts: &axum::http::request::Parts,
    after: Option<Position>,
) -> Result<Subscription, AppError> {
    state.rate_limits.spend(Action::Stream, spender(&parts.extensions))?;
    let me = CurrentUser::of(parts)?;
    let session = me.session.ok_or(AppError::Unauthenticated)?;
    Ok(state.hub.resume(me.user.id, session, after))
}

/// Announces the user's presence to the other members of their conversations, unless the user has turned it off. A late
/// announcement has no value, so a failure is not retried.
async fn announce_presence(state: AppState, user: user::Id) {
    let Store { conversations, users, .. } = &state.store;
    let announce = async {
        let read_at = std::time::Instant::now();
        let is_shown = users.settings(user).await?.presence;
        let peers = conversations.recent_peers(user).await?;
        state.presence.connect(user, peers, is_shown, read_at);
        Ok::<_, Failure>(())
    };
    if let Err(failure) = announce.await {
        failure.into_public();
    }
}

/// Completes when a stream must end because the server shuts down: at a random moment, so that not all pages come back
/// at once, and not before the load balancer has stopped sending them to this server.
fn end_of_service(closing: CancellationToken, config: &Config) -> impl Future<Output = ()> + use<> {
    let end = config.shutdown_delay() + config.stream_close_time().mul_f64(random_fraction());
    async move {
        closing.cancelled().await;
        sleep(end).await;
    }
}

/// State of an open stream.
struct EventStream<F> {
    subscription: Subscription,
    heartbeat: Interval,
    end: Pin<Box<F>>,
    hello_sent: bool,
}

fn event_stream(
    subscription: Subscription,
    end: impl Future<Output = ()>,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let heartbeat = interval_at(Instant::now() + HEARTBEAT_INTERVAL, HEARTBEAT_INTERVAL);
    let open = EventStream { subscription, heartbeat, end: Box::pin(end), hello_sent: false };
    stream::unfold(open, |mut open| async move { Some((Ok(open.next().await?), open)) })
}

impl<F: Future<Output = ()>> EventStream<F> {
    async fn next(&mut self) -> Option<Event> {
        if !self.hello_sent {
            self.hello_sent = true;
            return Some(hello(&self.subscription));
        }
        tokio::select! {
            () = &mut self.end => None,
            pushed = self.subscription.next() => pushed.map(event),
            // Browsers do not dispatch an event without data (HTML, section 9.2.6).
            _ = self.heartbeat.tick() => Some(Event::default().event("beat").data("beat")),
        }
    }
}

/// Makes the first event. It names the user of the stream, because another user may have signed in from another window.
fn hello(subscription: &Subscription) -> Event {
    let name = if subscription.is_resumed { "resumed" } else { "hello" };
    let event = Event::default().event(name).data(subscription.user().to_string());
    event.id(subscription.position.to_string()).retry(retry_delay())
}

fn event(pushed: Pushed) -> Event {
    match pushed {
        Pushed::Event { text, position: Some(position) } => Event::default().data(text).id(position.to_string()),
        Pushed::Event { text, position: None } => Event::default().data(text),
        Pushed::GaveWay => Event::default().event("gave-way").data("gave-way"),
    }
}

/// Returns a random delay: after a restart, not all browsers must come back at the same moment.
fn retry_delay() -> Duration {
    let (shortest, longest) = RETRY;
    shortest + (longest - shortest).mul_f64(random_fraction())
}

/// Returns a random number from 0 to 1.
fn random_fraction() -> f64 {
    f64::from(Uuid::new_v4().as_fields().0) / f64::from(u32::MAX)
}
