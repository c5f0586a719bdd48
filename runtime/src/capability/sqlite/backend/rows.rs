//! Values to SQLite and rows from it, these within bounds.

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};

use super::error::Failure;
use super::{Error, Limits, Value};

/// Reads all rows of `cursor`, or fails where they go beyond `limits`.
pub fn collect(
    cursor: &mut rusqlite::Rows<'_>,
    limits: &Limits,
) -> Result<Vec<Vec<Value>>, Failure> {
    let mut rows = Vec::new();
    let mut size = 0;
    while let Some(row) = cursor.next()? {
        if rows.len() == limits.result_rows {
            return Err(Error::TooLarge(format!("{} rows", limits.result_rows)).into());
        }
        // Not known before the first step: SQLite compiles again where the schema has changed since.
        let count = row.as_ref().column_count();
        let mut values = Vec::with_capacity(count);
        size += size_of::<Vec<Value>>() + count * size_of::<Value>();
        for column in 0..count {
            let value = row.get_ref(column)?;
            size += length(value);
            if size > limits.result_bytes {
                return Err(Error::TooLarge(format!("{} bytes", limits.result_bytes)).into());
            }
            values.push(read(value, column)?);
        }
        rows.push(values);
    }
    Ok(rows)
}

fn length(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => 0,
    }
}

fn read(value: ValueRef<'_>, column: usize) -> Result<Value, Error> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Integer(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        // SQLite does not check, and `CAST(x'ff' AS TEXT)` is enough to make text that is none.
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => {
                return Err(Error::Failed(format!(
                    "the text in column {column} is not UTF-8"
                )));
            }
        },
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Blob(value) => ValueRef::Blob(value),
            Self::Null => ValueRef::Null,
        }))
    }
}
