//! The emoji table, a static file.

use leptos::server_fn::request::ClientReq;

use crate::api::client::Client;
use crate::domain::emoji::TABLE_FILE;
use crate::domain::error::AppError;

/// Fetches the emoji table. Runs in the browser only, which keeps the file.
pub async fn load() -> Result<String, AppError> {
    let request = ClientReq::<AppError>::try_new_get(&format!("/{TABLE_FILE}"), "text/plain", "text/plain", "")?;
    let answer = Client::call(request).await?;
    String::from_utf8(answer.body().to_vec()).map_err(|_| AppError::Unavailable)
}
