//! What an application is given to begin with: pairs for a key-value store, and statements for its databases.

use std::fs;

use anyhow::{Context as _, bail};

use super::storage::Storage;

/// The label that is meant where none is named.
const DEFAULT: &str = "default";

/// What is written before the first request, each time the application is started.
#[derive(Debug, Clone, Default)]
pub struct Seed {
    /// Keys and values for the store `default`.
    pub pairs: Vec<(String, String)>,
    /// SQL for the database `default`, or `@FILE` or `@FILE:LABEL`: all that is in a file.
    pub sql: Vec<String>,
}

impl Seed {
    /// Writes it where the components find it.
    pub(super) async fn write(&self, storage: &Storage) -> anyhow::Result<()> {
        for (key, value) in &self.pairs {
            let store = storage.store(DEFAULT).with_context(|| {
                format!("--key-value {key}: no component has {DEFAULT:?} in key_value_stores")
            })?;
            let written = store.set(key.clone(), value.clone().into_bytes()).await;
            written.with_context(|| format!("--key-value {key}"))?;
        }
        for argument in &self.sql {
            let run = async {
                let (sql, label) = read(argument)?;
                let database = storage
                    .database(label)
                    .with_context(|| format!("no component has {label:?} in sqlite_databases"))?;
                let connection = database.connect();
                for statement in statements(&sql) {
                    connection.execute(statement.to_owned(), Vec::new()).await?;
                }
                anyhow::Ok(())
            };
            run.await.with_context(|| format!("--sqlite {argument}"))?;
        }
        Ok(())
    }
}

/// The SQL that `argument` means, and the label of the database it is for.
fn read(argument: &str) -> anyhow::Result<(String, &str)> {
    let Some(named) = argument.strip_prefix('@') else {
        return Ok((argument.to_owned(), DEFAULT));
    };
    let (path, label) = named.split_once(':').unwrap_or((named, DEFAULT));
    let (path, label) = (path.trim(), label.trim());
    if path.is_empty() || label.is_empty() {
        bail!("write @FILE or @FILE:LABEL");
    }
    let sql = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    Ok((sql, label))
}

/// The statements in `sql`, without what is none. A semicolon ends one, unless it is part of a text, a name or a comment,
/// or stands inside a trigger, which has statements of its own and ends with `END`.
fn statements(sql: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    let mut words: Vec<&str> = Vec::new();
    while let Some(length) = token(&sql[at..]) {
        let piece = &sql[at..at + length];
        at += length;
        if piece == ";" {
            let is_word = |index: usize, word: &str| {
                words
                    .get(index)
                    .is_some_and(|it| it.eq_ignore_ascii_case(word))
            };
            let is_trigger = is_word(0, "create")
                && (is_word(1, "trigger")
                    || ((is_word(1, "temp") || is_word(1, "temporary")) && is_word(2, "trigger")));
            let is_over = words
                .last()
                .is_some_and(|last| last.eq_ignore_ascii_case("end"));
            if is_trigger && !is_over {
                continue;
            }
            if !words.is_empty() {
                found.push(sql[start..at].trim());
            }
            words.clear();
            start = at;
        } else if !piece.starts_with("--") && !piece.starts_with("/*") && !piece.trim().is_empty() {
            words.push(piece);
        }
    }
    if !words.is_empty() {
        found.push(sql[start..].trim());
    }
    found
}

/// The length of the first token: a text, a quoted name, a comment, a word, or one other character.
fn token(sql: &str) -> Option<usize> {
    let first = sql.chars().next()?;
    let until = |end: &str, from: usize| {
        let found = sql[from..].find(end);
        found.map_or(sql.len(), |found| from + found + end.len())
    };
    Some(match first {
        // A doubled quote inside is two tokens then, which comes to the same.
        '\'' | '"' | '`' => until(first.encode_utf8(&mut [0; 4]), 1),
        '[' => until("]", 1),
        _ if sql.starts_with("--") => until("\n", 2),
        _ if sql.starts_with("/*") => until("*/", 2),
        _ if is_of_word(first) => sql.find(|c| !is_of_word(c)).unwrap_or(sql.len()),
        _ => first.len_utf8(),
    })
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_semicolon_ends_a_statement_and_the_last_needs_none() {
        let found = statements("CREATE TABLE a (b);\n INSERT INTO a VALUES (1);; SELECT 1 ");
        assert_eq!(
            found,
            [
                "CREATE TABLE a (b);",
                "INSERT INTO a VALUES (1);",
                "SELECT 1"
            ]
        );
        for nothing in ["", " \n", ";;", "-- a; b", "/* a; b */"] {
            assert!(statements(nothing).is_empty(), "{nothing:?}");
        }
    }

    #[test]
    fn semicolons_in_texts_names_and_comments_end_nothing() {
        for one in [
            "INSERT INTO a VALUES ('it''s; é');",
            "SELECT \"a;b\", `c;d`, [e;f];",
            "SELECT 1 -- not; here\n;",
            "SELECT /* not; here */ 1;",
            "SELECT 'open; text",
        ] {
            assert_eq!(statements(one), [one]);
        }
    }

    #[test]
    fn a_trigger_is_one_statement() {
        let trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM b; SELECT 1;\nEND;";
        let sql = format!("{trigger} SELECT 2;");
        assert_eq!(statements(&sql), [trigger, "SELECT 2;"]);
        let temporary = trigger.replace("TRIGGER", "TEMP TRIGGER");
        assert_eq!(statements(&temporary), [temporary.as_str()]);
    }

    #[test]
    fn a_file_may_be_for_another_database() {
        assert_eq!(
            read("SELECT 1").unwrap(),
            ("SELECT 1".to_owned(), "default")
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sql");
        fs::write(&path, "SELECT 2").unwrap();
        let named = format!("@{}", path.display());
        assert_eq!(read(&named).unwrap(), ("SELECT 2".to_owned(), "default"));
        let other = format!("{named}:billing");
        assert_eq!(read(&other).unwrap(), ("SELECT 2".to_owned(), "billing"));
        for wrong in ["@", "@:billing", &format!("{named}:"), "@nowhere.sql"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
