//! Check of whether the table can be used.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::get_item::{GetItemError, GetItemOutput};
use uuid::Uuid;

use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::client::{CREDENTIAL_ERRORS, into_failure};
use crate::server::store::dynamodb::table::Key;
use crate::server::store::usability::{AWS_SETTINGS, MISSING_TABLE, NO_TABLE_ACCESS, Usability, WRONG_TABLE};

impl Table {
    /// Returns whether the table can be used. Reads a row that does not exist: half a read unit.
    pub async fn usability(&self) -> Usability {
        self.check().await.map_or_else(|(usability, _)| usability, |()| Usability::Usable)
    }

    /// Like [`Table::usability`], with the cause.
    pub async fn check(&self) -> Result<(), (Usability, Failure)> {
        let answer = self.read_nothing().await.map(drop);
        answer.map_err(|error| (usability_after(&error), into_failure("check the table")(error)))
    }

    async fn read_nothing(&self) -> Result<GetItemOutput, SdkError<GetItemError>> {
        let absent = Key::Pair(user::Id(Uuid::nil()), user::Id(Uuid::nil()));
        self.client().get_item().table_name(self.name()).set_key(Some(absent.item())).send().await
    }
}

/// Returns what an error of a read tells of the table. The SDK itself refuses a request without a region, without
/// credentials, or without the name of a table.
fn usability_after(error: &SdkError<GetItemError>) -> Usability {
    let is_of_settings = match error {
        SdkError::ConstructionFailure(_) => true,
        // Of the others the SDK knows whether they pass by themselves.
        SdkError::DispatchFailure(failure) => failure.is_user() || failure.is_other() && failure.as_other().is_none(),
        _ => false,
    };
    match error.code() {
        Some("ResourceNotFoundException") => Usability::Unusable(MISSING_TABLE),
        Some("ValidationException") if error.message().is_some_and(|text| text.contains("schema")) => {
            Usability::Unusable(WRONG_TABLE)
        }
        Some("ValidationException") => Usability::Unusable(AWS_SETTINGS),
        Some(code) if CREDENTIAL_ERRORS.contains(&code) => Usability::Unusable(NO_TABLE_ACCESS),
        _ if is_of_settings => Usability::Unusable(AWS_SETTINGS),
        _ => Usability::Unreachable,
    }
}
