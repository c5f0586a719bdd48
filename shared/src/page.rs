//! Lists in pages: `?limit=` and an opaque `?cursor=`, which holds the key of the last row seen.

use std::borrow::Cow;

use axum::extract::FromRequestParts;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::request::Parts;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{FieldError, Problem, Result, extract::from_query};

const DEFAULT_LIMIT: u32 = 20;
const MAX_LIMIT: u32 = 100;

/// Which part of a list is asked for. As an extractor it answers 400 where anything else is asked, which would otherwise
/// seem to have counted; a list that can be asked for more takes a [`Filtered`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery {
    limit: u32,
    cursor: Option<String>,
}

impl PageQuery {
    /// How many entries the page may have, 1 to 100.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// How many rows to ask the database for: one more than the page takes, to know if there is another.
    pub fn fetch(&self) -> u32 {
        self.limit + 1
    }

    /// The key after which the page begins; none on the first page. A caller can make a cursor up,
    /// so the key is a position and never a permission: the query must limit what is seen.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
        URL_SAFE_NO_PAD
            .decode(cursor)
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .map(Some)
            .ok_or_else(|| {
                let error = FieldError::new("cursor", "is not one that this list gave");
                Problem::malformed(vec![error])
            })
    }

    fn parse(query: &str) -> Result<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Raw {
            limit: Option<u32>,
            cursor: Option<String>,
        }
        let raw: Raw = from_query(query)?;
        let limit = raw.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            let message = format!("must be between 1 and {MAX_LIMIT}");
            return Err(Problem::invalid(vec![FieldError::new("limit", message)]));
        }
        Ok(Self {
            limit,
            cursor: raw.cursor,
        })
    }
}

impl<S: Sync> FromRequestParts<S> for PageQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

/// Which part of which entries is asked for: `limit` and `cursor` say which part, all other parameters are the filter's.
/// Put `#[serde(deny_unknown_fields)]` on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filtered<T> {
    /// Which entries.
    pub filter: T,
    /// Which part of them.
    pub page: PageQuery,
}

impl<T: DeserializeOwned> Filtered<T> {
    fn parse(query: &str) -> Result<Self> {
        let pairs = form_urlencoded::parse(query.as_bytes());
        let (page, filter): (Vec<_>, Vec<_>) =
            pairs.partition(|(name, _)| ["limit", "cursor"].contains(&&**name));
        let text = |pairs| {
            let mut text = form_urlencoded::Serializer::new(String::new());
            text.extend_pairs::<_, Cow<str>, Cow<str>>(pairs);
            text.finish()
        };
        Ok(Self {
            page: PageQuery::parse(&text(page))?,
            filter: from_query(&text(filter))?,
        })
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Filtered<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

/// A part of a list, and where the next one begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The entries, in the list's order.
    pub data: Vec<T>,
    /// What to send as `cursor` for the entries after these; none at the end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of rows fetched with [`PageQuery::fetch`]. `key` is what the list is ordered by,
    /// and must be different for every row.
    pub fn from_rows<K: Serialize>(
        mut rows: Vec<T>,
        limit: u32,
        key: impl FnOnce(&T) -> K,
    ) -> Result<Self> {
        let limit = limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = match rows.last() {
            Some(last) if more => {
                let json = serde_json::to_vec(&key(last)).map_err(Problem::internal)?;
                Some(URL_SAFE_NO_PAD.encode(json))
            }
            _ => None,
        };
        Ok(Self {
            data: rows,
            next_cursor,
        })
    }

    /// The same page with every entry changed, from a row to what is shown of it.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            data: self.data.into_iter().map(change).collect(),
            next_cursor: self.next_cursor,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn following_the_cursor_gives_every_row_once() {
        let table: Vec<i64> = (1..=7).collect();
        let mut seen = Vec::new();
        let mut query = PageQuery::parse("limit=3").unwrap();
        loop {
            let after = query.after::<i64>().unwrap().unwrap_or(0);
            let rows = table.iter().copied().filter(|id| *id > after);
            let rows = rows.take(query.fetch() as usize).collect();
            let page = Page::from_rows(rows, query.limit(), |id| *id).unwrap();
            seen.extend(page.data);
            let Some(cursor) = page.next_cursor else {
                break;
            };
            query = PageQuery::parse(&format!("limit=3&cursor={cursor}")).unwrap();
        }
        assert_eq!(seen, table);
    }

    #[test]
    fn a_full_last_page_has_no_next() {
        let page = Page::from_rows(vec![1, 2, 3], 3, |id| *id).unwrap();
        assert_eq!(page.next_cursor, None);
        let page = Page::from_rows(Vec::<i64>::new(), 3, |id| *id).unwrap();
        assert_eq!(
            serde_json::to_string(&page).unwrap(),
            r#"{"data":[],"next_cursor":null}"#
        );
    }

    #[test]
    fn the_limit_is_20_unless_given_between_1_and_100() {
        assert_eq!(PageQuery::parse("").unwrap().limit(), 20);
        assert_eq!(PageQuery::parse("limit=100").unwrap().limit(), 100);
        for (query, status) in [
            ("limit=0", StatusCode::UNPROCESSABLE_ENTITY),
            ("limit=101", StatusCode::UNPROCESSABLE_ENTITY),
            ("limit=-1", StatusCode::BAD_REQUEST),
            ("limit=ten", StatusCode::BAD_REQUEST),
            ("limit=1&limit=2", StatusCode::BAD_REQUEST),
            ("limit=99999999999", StatusCode::BAD_REQUEST),
        ] {
            let problem = PageQuery::parse(query).unwrap_err();
            assert_eq!(problem.status(), status, "{query}");
            assert_eq!(problem.errors()[0].field, "limit", "{query}");
        }
    }

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Which {
        name: Option<String>,
    }

    #[test]
    fn what_is_not_known_is_refused_with_its_name() {
        let problem = PageQuery::parse("limit=1&lmit=2").unwrap_err();
        let problems = [
            problem,
            Filtered::<Which>::parse("nme=x&limit=1").unwrap_err(),
        ];
        for (problem, field) in problems.iter().zip(["lmit", "nme"]) {
            assert_eq!(problem.status(), StatusCode::BAD_REQUEST);
            assert_eq!(problem.errors()[0].field, field);
        }
    }

    #[test]
    fn a_filter_has_what_is_not_the_pages() {
        let asked = Filtered::<Which>::parse("cursor=x%26&name=a%26b+c&limit=7").unwrap();
        assert_eq!(asked.filter.name.as_deref(), Some("a&b c"));
        assert_eq!(asked.page, PageQuery::parse("limit=7&cursor=x%26").unwrap());
        assert!(Filtered::<Which>::parse("limit=1&limit=2").is_err());
        assert!(Filtered::<Which>::parse("name=a&name=b").is_err());
    }

    #[test]
    fn a_made_up_cursor_is_refused() {
        for cursor in ["x", "AAAA", "%00", "bnVsbA==", ""] {
            let query = PageQuery::parse(&format!("cursor={cursor}")).unwrap();
            assert!(query.after::<i64>().is_err(), "{cursor}");
        }
    }
}
