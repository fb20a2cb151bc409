//! Plain error pages for requests whose page cannot be rendered. They need no database, style or script, and word the
//! errors themselves: the sentences of `ui/wording.rs` assume the page around them.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use html_escape::encode_double_quoted_attribute;

use crate::domain::error::AppError;
use crate::domain::markup::textarea_content;
use crate::server::http::error_response::error_response;
use crate::server::http::json_api::error::ApiError;

/// Heading of a page that a rate limit denies.
const TOO_MANY_REQUESTS: &str = "Too many requests";

/// Builds the error response for a request path: JSON for server functions and the API, a page otherwise.
pub fn for_path(path: &str, error: &AppError) -> Response {
    match path {
        _ if path.starts_with("/api/") => ApiError::from(error.clone()).into_response(),
        _ if path.starts_with("/rpc/") => error_response(error),
        _ => for_error(error),
    }
}

/// Builds the page for an error, with the error's status.
pub fn for_error(error: &AppError) -> Response {
    let (heading, text) = match error {
        AppError::RateLimited { retry_after_secs } => {
            return page(error, TOO_MANY_REQUESTS, &format!("<p>Try again in {}.</p>", seconds(*retry_after_secs)));
        }
        AppError::Forbidden => ("Request not allowed", "It was not sent from one of our pages. Nothing has been done."),
        AppError::TooLarge => {
            ("Request too large", "Nothing has been saved. Go back, shorten your text and send it again.")
        }
        AppError::Invalid(_) => ("Invalid request", "The form data could not be read. Nothing has been done."),
        AppError::Unavailable => {
            ("This is taking too long", "The server did not respond in time. What you sent may have arrived anyway.")
        }
        AppError::Unexpected => ("Something went wrong", "What you sent may have arrived anyway."),
        // These errors are normally shown by a page of the app, so a general text is enough here.
        AppError::Unauthenticated | AppError::NotFound | AppError::Conflict(_) => {
            ("Request failed", "Go back and try again.")
        }
    };
    page(error, heading, &format!("<p>{text}</p>"))
}

/// Builds the page for a failed sign-out, with a button that tries again. `action` is the path of the form.
pub fn sign_out_failed(error: &AppError, action: &'static str) -> Response {
    let text = match error {
        AppError::Unavailable => "Service temporarily unavailable. Try again in a moment.",
        // Signing out has no fields, no limit and nothing to contradict: any other error is one of ours.
        AppError::Unauthenticated
        | AppError::Forbidden
        | AppError::NotFound
        | AppError::Conflict(_)
        | AppError::TooLarge
        | AppError::Invalid(_)
        | AppError::RateLimited { .. }
        | AppError::Unexpected => "Something went wrong. Try again.",
    };
    let main = format!(
        "<p>{text}</p><form method=\"post\" action=\"{action}\"><button type=\"submit\">Sign out</button></form>"
    );
    page(error, "You may still be signed in", &main)
}

/// Builds the page that returns the text of a message that was denied by a rate limit.
pub fn denied_message(error: &AppError, text: &str) -> Response {
    let wait = seconds(error.retry_after_secs().unwrap_or_default());
    let main =
        format!("<p>Your message has not been sent. Copy it, and send it again in {wait}.</p>{}", readonly_field(text));
    page(error, TOO_MANY_REQUESTS, &main)
}

/// Builds the page that returns an unsent text to a user whose session has ended. `sign_in` is the URL of the sign-in
/// page that leads back.
pub fn unsent_text(sign_in: &str, text: &str) -> Response {
    let main = format!(
        "<p>Your message has not been sent. Copy it, <a href=\"{}\">sign in</a>, and send it again.</p>{}",
        encode_double_quoted_attribute(sign_in),
        readonly_field(text)
    );
    page(&AppError::Unauthenticated, "You are signed out", &main)
}

/// Builds the page for a form of another user than the one who is signed in. It returns the text of a message.
pub fn other_users_page(text: Option<&str>) -> Response {
    let lost = match text {
        Some(_) => "Your message has not been sent. Copy it, and send it from your own page.",
        None => "Nothing has been changed.",
    };
    let main = format!(
        "<p>Since you opened that page, another user has signed in in this browser. {lost}</p>{}",
        text.map(readonly_field).unwrap_or_default()
    );
    page(&AppError::Forbidden, "Another user is signed in", &main)
}

/// Builds a field with a text, which keeps every line break and is easy to copy from.
fn readonly_field(text: &str) -> String {
    format!(
        "<p><label for=\"text\">Your message</label></p>\
         <p><textarea id=\"text\" rows=\"10\" cols=\"34\" dir=\"auto\" readonly>{}</textarea></p>",
        textarea_content(text)
    )
}

/// Returns a time in words.
fn seconds(secs: u64) -> String {
    if secs == 1 { "1 second".to_owned() } else { format!("{secs} seconds") }
}

/// Builds a page with the error's status and headers. `main` is markup.
fn page(error: &AppError, heading: &str, main: &str) -> Response {
    let text = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"dark light\">\
         <title>{heading} · Cruddur</title></head><body><main><h1>{heading}</h1>{main}\
         <p><a href=\"/messages\">Back to your messages</a></p></main></body></html>"
    );
    let mut response = error_response(error);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    *response.body_mut() = text.into();
    response
}
