//! What can go wrong with a statement, told apart by what the component can do about it.

use std::time::Duration;

use rusqlite::ErrorCode;

use super::Limits;
use super::handle::Handle;

/// Why a statement failed. The texts are for the component that sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing was done, and the same statement may succeed later.
    #[error("database is locked: {0}")]
    Busy(&'static str),
    /// The file reached [`Limits::database_bytes`], or the disk is full.
    #[error("database or disk is full")]
    Full,
    /// The statement ran longer than [`Limits::statement`].
    #[error("interrupted: the statement ran longer than {0:?}")]
    Deadline(Duration),
    /// The result went beyond [`Limits::result_bytes`] or [`Limits::result_rows`]. Outside a transaction the statement
    /// is undone; within one, what it wrote stands until the transaction ends.
    #[error("query result exceeds limit of {0}; read it in parts")]
    TooLarge(String),
    /// A connection's transaction went beyond [`Limits::idle_transaction`]. Said once, to its next statement.
    #[error("the transaction was rolled back: it was open for {0:?} without a statement")]
    Expired(Duration),
    /// Something SQLite can do and a component may not.
    #[error("not authorized: {0}")]
    Refused(String),
    /// The statement failed; SQLite's own message.
    #[error("{0}")]
    Failed(String),
    /// The runtime is shutting down.
    #[error("the database is closed")]
    Closed,
}

/// Sorts SQLite's error into ours. What is the host's trouble, not the component's, goes to the log as well.
pub(super) fn explain(error: rusqlite::Error, handle: &Handle, limits: &Limits) -> Error {
    let (code, message) = match error {
        rusqlite::Error::SqliteFailure(error, Some(message)) => (error.code, message),
        rusqlite::Error::SqlInputError { error, msg, .. } => (error.code, msg),
        rusqlite::Error::SqliteFailure(error, None) => (error.code, error.to_string()),
        rusqlite::Error::MultipleStatement => {
            return Error::Failed("more than one statement; send them one by one".to_owned());
        }
        rusqlite::Error::InvalidParameterCount(given, wanted) => {
            return Error::Failed(format!(
                "{given} parameters given, and the statement has {wanted}"
            ));
        }
        other => return Error::Failed(other.to_string()),
    };
    match code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            Error::Busy("another transaction is writing")
        }
        ErrorCode::DiskFull => Error::Full,
        ErrorCode::OperationInterrupted => Error::Deadline(limits.statement),
        ErrorCode::AuthorizationForStatementDenied => Error::Refused(handle.refusal()),
        ErrorCode::DatabaseCorrupt
        | ErrorCode::NotADatabase
        | ErrorCode::SystemIoFailure
        | ErrorCode::CannotOpen
        | ErrorCode::OutOfMemory
        | ErrorCode::ReadOnly => {
            let path = handle.sqlite.path().unwrap_or_default();
            tracing::error!(?code, error = message, path, "a database failed");
            Error::Failed(message)
        }
        _ => Error::Failed(message),
    }
}

/// An error of SQLite's, not yet explained, or one of ours.
pub(super) enum Failure {
    Sqlite(rusqlite::Error),
    Ours(Error),
}

impl Failure {
    /// Whether the statement might have ended well, had it been given longer.
    pub fn is_for_lack_of_time(&self) -> bool {
        let code = match self {
            Self::Sqlite(error) => error.sqlite_error_code(),
            Self::Ours(_) => None,
        };
        matches!(
            code,
            Some(ErrorCode::OperationInterrupted | ErrorCode::DatabaseBusy)
        )
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}
