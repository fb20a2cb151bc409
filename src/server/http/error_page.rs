//! Pages of words alone, where none of ours can be rendered: they need nothing that may be missing.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use html_escape::{encode_double_quoted_attribute, encode_text};

use crate::domain::error::AppError;
use crate::domain::markup::textarea_content;
use crate::server::http::refuse::refuse;

/// Refuses what never reaches a page or a server function: people are told by a page, programs in JSON.
pub fn refuse_at(path: &str, error: &AppError) -> Response {
    let is_for_programs = path.starts_with("/rpc/") || path.starts_with("/api/");
    if is_for_programs { refuse(error) } else { show(error) }
}

/// A page that says what became of a request that no page of ours answers.
pub fn show(error: &AppError) -> Response {
    let (heading, text) = match error {
        AppError::Forbidden => ("This is not allowed", "It was not sent from a page of ours. Nothing has been done."),
        AppError::TooLarge => {
            ("This is too much at once", "Nothing of it has been kept. Go back, make it shorter and send it again.")
        }
        AppError::Invalid(_) => {
            ("This cannot be read", "It is not what a form of ours would send. Nothing has been done.")
        }
        AppError::Unavailable => {
            ("This takes too long", "The server has not answered in time. What you sent may have arrived all the same.")
        }
        AppError::Unexpected => ("Something went wrong on our side", "What you sent may have arrived all the same."),
        // Whoever is told these has a page of ours.
        AppError::Unauthenticated | AppError::NotFound | AppError::Conflict(_) | AppError::RateLimited { .. } => {
            ("This was not done", "Go back and try again.")
        }
    };
    page(error, heading, &format!("<p>{text}</p>"))
}

/// Says that a sign-out has failed, and tries it again: `action` is the path of its form.
pub fn may_be_signed_in(error: &AppError, action: &'static str) -> Response {
    let why = error.to_string();
    let main = format!(
        "<p>{}</p><form method=\"post\" action=\"{action}\"><button type=\"submit\">Sign out</button></form>",
        encode_text(&why)
    );
    page(error, "You may still be signed in", &main)
}

/// Gives a text back that nobody is signed in to send. `sign_in` is the address of the sign-in that comes back.
pub fn signed_out(sign_in: &str, text: &str) -> Response {
    // A field, so that every line break stays and all of it is easily copied.
    let main = format!(
        "<p>Nothing has been sent. Copy what you wrote, <a href=\"{}\">sign in</a>, and send it again.</p>\
         <p><label for=\"text\">What you wrote</label></p>\
         <p><textarea id=\"text\" rows=\"10\" cols=\"34\" dir=\"auto\" readonly>{}</textarea></p>",
        encode_double_quoted_attribute(sign_in),
        textarea_content(text)
    );
    page(&AppError::Unauthenticated, "You are signed out", &main)
}

/// A page with the error's status. `main` is markup.
fn page(error: &AppError, heading: &str, main: &str) -> Response {
    let text = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"dark light\">\
         <title>{heading} · Cruddur</title></head><body><main><h1>{heading}</h1>{main}\
         <p><a href=\"/messages\">Back to your messages</a></p></main></body></html>"
    );
    let mut answer = refuse(error);
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    *answer.body_mut() = text.into();
    answer
}
