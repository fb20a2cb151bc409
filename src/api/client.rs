//! The browser's client of the server functions.
//!
//! Every call of a page goes through it, so three things hold for all of them. A call names the user of its page, so
//! that it does nothing for another one who has signed in since. It ends within [`DEADLINE`], even if the server never
//! answers. And every error but [`AppError::Unavailable`] is an answer of this server: the network, a proxy or a
//! captive portal can delay a call, but never refuse it.

use std::pin::pin;
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{Either, select};
use futures::{Sink, Stream};
use leptos::leptos_dom::helpers::set_timeout_with_handle;
use leptos::prelude::document;
use leptos::server_fn::client::browser::BrowserClient;
use leptos::server_fn::request::browser::BrowserRequest;
use leptos::server_fn::response::ClientRes;
use leptos::server_fn::{Bytes, client};
use send_wrapper::SendWrapper;

use crate::domain::error::AppError;
use crate::domain::page_user::{ATTRIBUTE, HEADER};

/// Time after which a call counts as failed. The server itself answers within 10 seconds.
const DEADLINE: Duration = Duration::from_secs(15);

/// Client of the server functions. Runs in the browser only.
pub struct Client;

/// Successful response, read to its end.
pub struct Answer {
    status: u16,
    body: Bytes,
}

impl Client {
    /// Sends a request and reads its response. A failure is an error of this server, or [`AppError::Unavailable`].
    pub async fn call(request: BrowserRequest) -> Result<Answer, AppError> {
        if let Some(user) = page_user() {
            request.headers().set(HEADER, &user);
        }
        let (expire, expired) = oneshot::channel::<()>();
        // The channel closes when the timer drops its end.
        let timer = set_timeout_with_handle(move || drop(expire), DEADLINE).map_err(|_| AppError::Unavailable)?;
        // Dropping the request aborts it.
        match select(pin!(exchange(request)), expired).await {
            Either::Left((answer, _)) => {
                timer.clear();
                answer
            }
            Either::Right(_) => Err(AppError::Unavailable),
        }
    }
}

/// Returns the id of the user for whom the server has rendered the document. Runs in the browser only.
pub fn page_user() -> Option<String> {
    document().document_element()?.get_attribute(ATTRIBUTE)
}

impl Answer {
    /// Returns the body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

async fn exchange(request: BrowserRequest) -> Result<Answer, AppError> {
    let response = <BrowserClient as client::Client<AppError>>::send(request).await?;
    let status = ClientRes::<AppError>::status(&response);
    let body = ClientRes::<AppError>::try_into_bytes(response).await.map_err(|_: AppError| AppError::Unavailable)?;
    match status {
        200..300 => Ok(Answer { status, body }),
        _ => Err(refusal(status, &body)),
    }
}

/// Returns the error in a response. A response with another status than that of its error, or without an error of ours,
/// is a proxy's.
fn refusal(status: u16, body: &[u8]) -> AppError {
    let error = serde_json::from_slice::<AppError>(body).ok();
    error.filter(|error| error.status() == status).unwrap_or(AppError::Unavailable)
}

impl client::Client<AppError> for Client {
    type Request = BrowserRequest;
    type Response = Answer;

    fn send(request: BrowserRequest) -> impl Future<Output = Result<Answer, AppError>> + Send {
        // The browser has one thread.
        SendWrapper::new(Self::call(request))
    }

    fn open_websocket(
        path: &str,
    ) -> impl Future<
        Output = Result<
            (impl Stream<Item = Result<Bytes, Bytes>> + Send + 'static, impl Sink<Bytes> + Send + 'static),
            AppError,
        >,
    > + Send {
        <BrowserClient as client::Client<AppError>>::open_websocket(path)
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        <BrowserClient as client::Client<AppError>>::spawn(future);
    }
}

impl ClientRes<AppError> for Answer {
    async fn try_into_string(self) -> Result<String, AppError> {
        String::from_utf8(self.body.into()).map_err(|_| AppError::Unavailable)
    }

    async fn try_into_bytes(self) -> Result<Bytes, AppError> {
        Ok(self.body)
    }

    fn try_into_stream(self) -> Result<impl Stream<Item = Result<Bytes, Bytes>> + Send + Sync + 'static, AppError> {
        Ok(futures::stream::iter([Ok(self.body)]))
    }

    fn status(&self) -> u16 {
        self.status
    }

    fn status_text(&self) -> String {
        String::new()
    }

    /// No server function redirects: a destination is part of the answer.
    fn location(&self) -> String {
        String::new()
    }

    fn has_redirect(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    #[test]
    fn only_an_error_of_this_server_is_a_refusal() {
        for error in samples::errors() {
            let body = serde_json::to_vec(&error).expect("JSON");
            assert_eq!(refusal(error.status(), &body), error);
            // F10: a proxy's status around whatever looks like an error of ours.
            assert_eq!(refusal(418, &body), AppError::Unavailable);
        }
        for body in ["<html>Forbidden</html>", "", r#"{"message":"Forbidden"}"#, r#""Denied""#, "{", "null"] {
            for status in [302, 400, 401, 403, 404, 429, 500, 502] {
                assert_eq!(refusal(status, body.as_bytes()), AppError::Unavailable, "{status} {body}");
            }
        }
    }
}
