//! What goes over the wire: the part of Hrana 3 that is needed, as JSON.

use base64::{
    Engine as _, engine::general_purpose::STANDARD, engine::general_purpose::STANDARD_NO_PAD,
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::super::backend::{Error, Limits, Rows, Value};
use super::pipeline::nonsense;

/// A stream that is open on the server.
pub struct Stream {
    /// What names it in the next call, and in that one only.
    pub baton: String,
    /// Where the next call goes, if elsewhere.
    pub base: Option<Url>,
}

#[derive(Serialize)]
pub struct Pipeline<'a> {
    pub baton: Option<&'a str>,
    pub requests: &'a [Request],
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    Execute { stmt: Statement },
    GetAutocommit,
    Close,
}

#[derive(Serialize)]
pub struct Statement {
    sql: String,
    args: Vec<WireValue>,
    want_rows: bool,
}

#[derive(Deserialize)]
pub struct Answer {
    pub baton: Option<String>,
    pub base_url: Option<String>,
    pub results: Vec<StreamResult>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StreamResult {
    Ok { response: Response },
    Error { error: Failure },
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Response {
    Execute { result: StatementResult },
    GetAutocommit { is_autocommit: bool },
    Close,
}

/// Why a statement failed.
#[derive(Deserialize)]
pub struct Failure {
    message: String,
    code: Option<String>,
}

#[derive(Deserialize)]
pub struct StatementResult {
    cols: Vec<Column>,
    rows: Vec<Vec<WireValue>>,
    affected_row_count: u64,
    last_insert_rowid: Option<String>,
}

#[derive(Deserialize)]
struct Column {
    name: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum WireValue {
    Null,
    /// Decimal digits: JSON's numbers are not exact.
    Integer {
        value: String,
    },
    Float {
        value: f64,
    },
    Text {
        value: String,
    },
    Blob {
        base64: String,
    },
}

impl Request {
    /// The request to run a statement.
    pub fn execute(sql: String, parameters: Vec<Value>) -> Result<Self, Error> {
        let args = parameters.into_iter().map(WireValue::try_from);
        Ok(Self::Execute {
            stmt: Statement {
                sql,
                args: args.collect::<Result<_, _>>()?,
                want_rows: true,
            },
        })
    }
}

impl TryFrom<Value> for WireValue {
    type Error = Error;

    fn try_from(value: Value) -> Result<Self, Error> {
        Ok(match value {
            Value::Null => Self::Null,
            Value::Integer(value) => Self::Integer {
                value: value.to_string(),
            },
            Value::Real(value) if value.is_finite() => Self::Float { value },
            Value::Real(value) => {
                return Err(Error::Failed(format!(
                    "{value} cannot be sent to a database server"
                )));
            }
            Value::Text(value) => Self::Text { value },
            Value::Blob(bytes) => Self::Blob {
                base64: STANDARD_NO_PAD.encode(bytes),
            },
        })
    }
}

impl TryFrom<WireValue> for Value {
    type Error = Error;

    fn try_from(value: WireValue) -> Result<Self, Error> {
        Ok(match value {
            WireValue::Null => Self::Null,
            WireValue::Integer { value } => Self::Integer(
                value
                    .parse()
                    .map_err(|_| nonsense("a number that is none"))?,
            ),
            WireValue::Float { value } => Self::Real(value),
            WireValue::Text { value } => Self::Text(value),
            WireValue::Blob { base64 } => {
                // With and without padding: servers differ.
                let bytes = STANDARD
                    .decode(&base64)
                    .or_else(|_| STANDARD_NO_PAD.decode(&base64));
                Self::Blob(bytes.map_err(|_| nonsense("a blob that is none"))?)
            }
        })
    }
}

impl StatementResult {
    /// The rows, how many the statement changed if it is one that changes any, and the rowid it inserted.
    pub fn read(self, limits: &Limits) -> Result<(Rows, Option<u64>, Option<i64>), Error> {
        if self.rows.len() > limits.result_rows {
            return Err(Error::TooLarge(format!("{} rows", limits.result_rows)));
        }
        let mut size = 0;
        let mut rows = Vec::with_capacity(self.rows.len());
        for row in self.rows {
            let row = row.into_iter().map(Value::try_from);
            let row = row.collect::<Result<Vec<_>, _>>()?;
            size += size_of::<Vec<Value>>() + row.iter().map(bytes).sum::<usize>();
            if size > limits.result_bytes {
                return Err(Error::TooLarge(format!("{} bytes", limits.result_bytes)));
            }
            rows.push(row);
        }
        let columns = self.cols.into_iter();
        let rows = Rows {
            columns: columns
                .map(|column| column.name.unwrap_or_default())
                .collect(),
            rows,
        };
        // A query changes nothing; to it the server says 0, and the count of the last change stands.
        let changes = (rows.columns.is_empty() || self.affected_row_count > 0)
            .then_some(self.affected_row_count);
        let rowid = self.last_insert_rowid.and_then(|rowid| rowid.parse().ok());
        Ok((rows, changes, rowid))
    }
}

fn bytes(value: &Value) -> usize {
    let long = match value {
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
        Value::Integer(_) | Value::Real(_) | Value::Null => 0,
    };
    size_of::<Value>() + long
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure.code.as_deref() {
            Some("SQLITE_FULL") => Self::Full,
            Some(code) if code.starts_with("SQLITE_BUSY") || code.starts_with("SQLITE_LOCKED") => {
                Self::Busy("another transaction is writing")
            }
            _ => Self::Failed(failure.message),
        }
    }
}
