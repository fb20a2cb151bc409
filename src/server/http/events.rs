//! `GET /events`: what happens to the signed-in person, as Server-Sent Events (HTML, section 9.2).

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
use crate::server::http::refuse::refuse;
use crate::server::http::session::CurrentUser;
use crate::server::live::hub::Subscription;
use crate::server::state::AppState;

/// How often something is sent when nothing happens: in time for proxies, most of which wait for 60 seconds, and for a
/// page to notice that its stream is dead.
const BEAT_INTERVAL: Duration = Duration::from_secs(20);

/// How long a browser waits before it opens a stream anew that has ended.
const RETRY: Duration = Duration::from_secs(2);

/// Opens a stream. Its first event, `hello`, says that from now on nothing is missed: what is read after it is whole.
/// Ends with the session, when the server stops, and when the page does not read.
pub async fn events(State(state): State<AppState>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match subscribe(&state, &parts) {
        Ok(subscription) => {
            tokio::spawn(arrive(state.clone(), subscription.user()));
            let stream = Sse::new(told(subscription, state.closing.clone()));
            // For nginx, which otherwise waits until it has a buffer full.
            let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
            ([(CACHE_CONTROL, HeaderValue::from_static("no-store")), unbuffered], stream).into_response()
        }
        Err(error) => refuse(&error),
    }
}

fn subscribe(state: &AppState, parts: &axum::http::request::Parts) -> Result<Subscription, AppError> {
    let me = CurrentUser::of(parts)?;
    let session = me.session.ok_or(AppError::Unauthenticated)?;
    state.hub.subscribe(me.user.id, session)
}

/// Says that somebody is there. Worth nothing when it is late: a failure is not tried again.
async fn arrive(state: AppState, person: user::Id) {
    match state.store.conversations.people(person).await {
        Ok(with) => state.presence.arrive(person, with),
        Err(failure) => drop(failure.into_answer()),
    }
}

/// A stream that is under way.
struct Telling {
    subscription: Subscription,
    beats: Interval,
    closing: CancellationToken,
    greeted: bool,
}

fn told(subscription: Subscription, closing: CancellationToken) -> impl Stream<Item = Result<Event, Infallible>> {
    let beats = interval_at(Instant::now() + BEAT_INTERVAL, BEAT_INTERVAL);
    let telling = Telling { subscription, beats, closing, greeted: false };
    stream::unfold(telling, |mut telling| async move { Some((Ok(telling.next().await?), telling)) })
}

impl Telling {
    async fn next(&mut self) -> Option<Event> {
        if !self.greeted {
            self.greeted = true;
            // With whose stream it is: in another window somebody else may have signed in.
            return Some(Event::default().event("hello").data(self.subscription.user().to_string()).retry(RETRY));
        }
        tokio::select! {
            () = self.closing.cancelled() => None,
            text = self.subscription.next() => text.map(|text| Event::default().data(text)),
            // Browsers do not dispatch an event without data (HTML, section 9.2.6).
            _ = self.beats.tick() => Some(Event::default().event("beat").data("beat")),
        }
    }
}
