//! Takes a migration apart: the host runs one statement at a time, a file holds many.

/// The statements of a script, without their semicolons. Strings, quoted names, comments and the
/// bodies of triggers may hold semicolons of their own.
pub(super) fn statements(script: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let mut words = Words::default();
    let mut start = 0;
    let mut rest = script;
    while !rest.is_empty() {
        let (token, length) = token(rest);
        let position = script.len() - rest.len();
        match token {
            Token::Space => {}
            Token::Word => words.push(&rest[..length]),
            Token::Semicolon if words.in_trigger() => words.push(";"),
            Token::Semicolon => {
                if !words.is_empty() {
                    statements.push(script[start..position].trim());
                }
                words = Words::default();
                start = position + length;
            }
            Token::Other => words.push(""),
        }
        rest = &rest[length..];
    }
    if !words.is_empty() {
        statements.push(script[start..].trim());
    }
    statements
}

/// The words of one statement, as far as they tell where it ends.
#[derive(Default)]
struct Words {
    first: Vec<String>,
    last: [String; 2],
}

impl Words {
    fn push(&mut self, word: &str) {
        let word = word.to_ascii_uppercase();
        if self.first.len() < 3 {
            self.first.push(word.clone());
        }
        self.last.rotate_left(1);
        self.last[1] = word;
    }

    fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// Whether a semicolon here is one inside `CREATE [TEMP] TRIGGER … BEGIN …; END`. The trigger ends
    /// with an END that begins a statement; the END of a CASE never does.
    fn in_trigger(&self) -> bool {
        let first: Vec<&str> = self.first.iter().map(String::as_str).collect();
        let trigger = matches!(
            first[..],
            ["CREATE", "TRIGGER", ..] | ["CREATE", "TEMP" | "TEMPORARY", "TRIGGER"]
        );
        trigger && self.last != [";", "END"]
    }
}

enum Token {
    Space,
    Word,
    Semicolon,
    Other,
}

/// The token that `text` begins with, and its length in bytes.
fn token(text: &str) -> (Token, usize) {
    let until = |end: &str, from: usize| {
        text[from..]
            .find(end)
            .map_or(text.len(), |at| from + at + end.len())
    };
    let first = text.chars().next().unwrap_or_default();
    match first {
        ';' => (Token::Semicolon, 1),
        // A doubled quote inside reads as two strings side by side, which ends at the same place.
        '\'' | '"' | '`' => (Token::Other, until(&first.to_string(), 1)),
        '[' => (Token::Other, until("]", 1)),
        '-' if text.starts_with("--") => (Token::Space, until("\n", 2)),
        '/' if text.starts_with("/*") => (Token::Space, until("*/", 2)),
        _ if first.is_whitespace() => (Token::Space, first.len_utf8()),
        _ if is_word(first) => (
            Token::Word,
            text.find(|next| !is_word(next)).unwrap_or(text.len()),
        ),
        _ => (Token::Other, first.len_utf8()),
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_at_semicolons() {
        assert_eq!(
            statements("CREATE TABLE a (x);\n\n CREATE TABLE b (x)"),
            ["CREATE TABLE a (x)", "CREATE TABLE b (x)"]
        );
        assert_eq!(
            statements(" ; -- nothing\n ; /* at all */ "),
            Vec::<&str>::new()
        );
    }

    #[test]
    fn quoted_text_and_comments_keep_their_semicolons() {
        let script = "INSERT INTO a VALUES ('it''s; fine', \"b;c\", [d;e], `f;g`); -- a; comment\nSELECT 1 /* ; */;";
        let found = statements(script);
        assert_eq!(found.len(), 2);
        assert!(found[0].ends_with("`f;g`)"));
        assert!(found[1].contains("SELECT 1"));
    }

    #[test]
    fn a_trigger_is_one_statement() {
        let trigger = "CREATE TRIGGER ledger_is_append_only BEFORE UPDATE ON ledger BEGIN
            SELECT CASE WHEN OLD.x = 1 THEN 2 ELSE 3 END;
            SELECT RAISE(ABORT, 'append; only');
        END";
        let script = format!("CREATE TABLE ledger (x);\n{trigger};\nCREATE TABLE b (x);");
        let found = statements(&script);
        assert_eq!(
            found,
            ["CREATE TABLE ledger (x)", trigger, "CREATE TABLE b (x)"]
        );
        let temporary = format!("{};", trigger.replace("CREATE", "create temp"));
        assert_eq!(statements(&temporary).len(), 1);
    }

    #[test]
    fn what_never_ends_is_left_to_sqlite_to_refuse() {
        for script in [
            "SELECT 'open",
            "SELECT [x",
            "SELECT 1 /* open",
            "SELECT \"é",
        ] {
            assert_eq!(statements(script), [script]);
        }
    }
}
