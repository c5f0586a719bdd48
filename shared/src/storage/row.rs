//! From a row to a Rust value, by serde: a struct takes columns by name, a tuple by position, and
//! anything else is the row's only column.
//!
//! The format counts as not human-readable, by which types with an SQL form of their own (such as
//! `Timestamp`) know it. `#[serde(flatten)]` hides that from them, so rows are flat structs.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor, value::BorrowedStrDeserializer},
};

use super::{
    cell::{Cell, RowError},
    value::Value,
};

/// Reads one row.
pub(super) fn from_row<'de, T: Deserialize<'de>>(
    columns: &'de [String],
    values: Vec<Value>,
) -> Result<T, RowError> {
    T::deserialize(Row {
        columns: columns.iter(),
        values: values.into_iter(),
        name: "",
    })
}

struct Row<'de> {
    columns: std::slice::Iter<'de, String>,
    values: std::vec::IntoIter<Value>,
    name: &'de str,
}

impl Row<'_> {
    fn only(mut self) -> Result<Cell, RowError> {
        match (self.values.next(), self.values.len()) {
            (Some(value), 0) => Ok(Cell(value)),
            _ => Err(RowError(
                "a single value must be a row's only column".to_owned(),
            )),
        }
    }
}

/// Methods that hand the row's only column on.
macro_rules! only_column {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
            self.only()?.$method(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Row<'de> {
    type Error = RowError;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        visitor.visit_map(self)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        visitor.visit_map(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RowError> {
        visitor.visit_map(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, RowError> {
        visitor.visit_seq(self)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, RowError> {
        visitor.visit_seq(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, RowError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RowError> {
        self.only()?.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, RowError> {
        visitor.visit_unit()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        visitor.visit_unit()
    }

    only_column! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_u128 deserialize_f32 deserialize_f64 deserialize_char deserialize_str
        deserialize_string deserialize_bytes deserialize_byte_buf deserialize_option
        deserialize_seq deserialize_identifier
    }
}

impl<'de> MapAccess<'de> for Row<'de> {
    type Error = RowError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, RowError> {
        let Some(name) = self.columns.next() else {
            return Ok(None);
        };
        self.name = name;
        seed.deserialize(BorrowedStrDeserializer::new(name))
            .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, RowError> {
        let value = self.values.next().unwrap_or(Value::Null);
        seed.deserialize(Cell(value))
            .map_err(|error| error.in_column(self.name))
    }
}

impl<'de> SeqAccess<'de> for Row<'de> {
    type Error = RowError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, RowError> {
        let (Some(name), Some(value)) = (self.columns.next(), self.values.next()) else {
            return Ok(None);
        };
        seed.deserialize(Cell(value))
            .map(Some)
            .map_err(|error| error.in_column(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Timestamp, UserId};

    fn read<T: serde::de::DeserializeOwned>(row: &[(&str, Value)]) -> Result<T, String> {
        let columns: Vec<String> = row.iter().map(|(name, _)| (*name).to_owned()).collect();
        let values = row.iter().map(|(_, value)| value.clone()).collect();
        from_row(&columns, values).map_err(|error| error.to_string())
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum State {
        Active,
        PastDue,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Subscription {
        user: UserId,
        state: State,
        seats: u32,
        trial: bool,
        note: Option<String>,
        hash: Vec<u8>,
        ends_at: Option<Timestamp>,
    }

    #[test]
    fn a_struct_takes_columns_by_name_in_any_order() {
        let user = UserId::new();
        let row = [
            ("hash", Value::Blob(vec![1, 2])),
            ("user", text(&user.to_string())),
            ("ends_at", Value::Integer(1_700_000_000_000)),
            ("state", text("past_due")),
            ("seats", Value::Integer(3)),
            ("trial", Value::Integer(1)),
            ("note", Value::Null),
            ("not_asked_for", Value::Real(0.5)),
        ];
        let expected = Subscription {
            user,
            state: State::PastDue,
            seats: 3,
            trial: true,
            note: None,
            hash: vec![1, 2],
            ends_at: Some(Timestamp::from_millis(1_700_000_000_000)),
        };
        assert_eq!(read::<Subscription>(&row), Ok(expected));
    }

    #[test]
    fn a_tuple_takes_columns_by_position_and_a_value_the_only_one() {
        let row = [("a", text("x")), ("b", Value::Integer(2))];
        assert_eq!(read::<(String, i64)>(&row), Ok(("x".to_owned(), 2)));
        let one = [("count(*)", Value::Integer(2))];
        assert_eq!(read::<i64>(&one), Ok(2));
        assert_eq!(read::<Option<i64>>(&one), Ok(Some(2)));
        assert_eq!(read::<Option<i64>>(&[("max(x)", Value::Null)]), Ok(None));
        assert_eq!(
            read::<Vec<u8>>(&[("hash", Value::Blob(vec![7]))]),
            Ok(vec![7])
        );
        assert_eq!(
            read::<State>(&[("state", text("active"))]),
            Ok(State::Active)
        );
        assert!(read::<i64>(&row).is_err());
    }

    #[test]
    fn a_value_that_does_not_fit_names_its_column() {
        for (row, part) in [
            (
                [("seats", Value::Integer(-1))],
                "column seats: invalid value",
            ),
            ([("seats", Value::Null)], "column seats: invalid type"),
            ([("seats", text("3"))], "column seats: invalid type"),
            ([("other", Value::Null)], "missing field `seats`"),
        ] {
            #[derive(Debug, Deserialize)]
            struct Seats {
                #[allow(dead_code)]
                seats: u32,
            }
            let message = read::<Seats>(&row).unwrap_err();
            assert!(message.contains(part), "{message}");
        }
        assert!(read::<bool>(&[("trial", Value::Integer(2))]).is_err());
        assert!(read::<State>(&[("state", text("gone"))]).is_err());
        assert!(read::<Timestamp>(&[("at", text("2026-01-01T00:00:00Z"))]).is_err());
    }
}
