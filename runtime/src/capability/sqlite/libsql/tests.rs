//! What is said to a server, and made of its answers: tried on one that follows a script, and on `sqld` itself where
//! SELVEDGE_TEST_SQLD names its executable.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::task::JoinHandle;

use super::*;

fn database(address: SocketAddr, token: &str) -> Database {
    let url = format!("http://{address}").parse().unwrap();
    Database::new(&url, &token.to_owned().into(), Limits::default()).unwrap()
}

/// A server that gives these answers, one a call, and reports what it was told.
async fn scripted(answers: Vec<(u16, Json)>) -> (SocketAddr, JoinHandle<Vec<(String, Json)>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let told = tokio::spawn(async move {
        let mut told = Vec::new();
        for (status, answer) in answers {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                stream.read_line(&mut head).await.unwrap();
            }
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse().unwrap())
            });
            let mut body = vec![0; length.unwrap()];
            stream.read_exact(&mut body).await.unwrap();
            told.push((head, serde_json::from_slice(&body).unwrap()));
            let answer = answer.to_string();
            let length = answer.len();
            let head = format!("HTTP/1.1 {status} Told\r\ncontent-length: {length}\r\n\r\n");
            let stream = stream.get_mut();
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        told
    });
    (address, told)
}

fn executed(rows: Json) -> Json {
    json!({"type": "ok", "response": {"type": "execute", "result": {
        "cols": [{"name": "a"}], "rows": rows, "affected_row_count": 3, "last_insert_rowid": "7",
    }}})
}

fn autocommit(is_autocommit: bool) -> Json {
    json!({"type": "ok", "response": {"type": "get_autocommit", "is_autocommit": is_autocommit}})
}

fn closed() -> Json {
    json!({"type": "ok", "response": {"type": "close"}})
}

#[tokio::test]
async fn a_statement_is_one_call_with_all_kinds_of_values() {
    let rows = json!([[{"type": "integer", "value": "-9223372036854775808"}], [{"type": "float", "value": 1.5}],
                      [{"type": "text", "value": "é"}], [{"type": "blob", "base64": "AP8"}], [{"type": "null"}]]);
    let answer = json!({"baton": null, "base_url": null, "results": [executed(rows), closed()]});
    let (address, told) = scripted(vec![(200, answer)]).await;
    let connection = database(address, "hunter2").connect();
    let values = || {
        vec![
            Value::Integer(i64::MIN),
            Value::Real(1.5),
            Value::Text("é".to_owned()),
            Value::Blob(vec![0, 255]),
            Value::Null,
        ]
    };
    let rows = connection
        .execute("SELECT".to_owned(), values())
        .await
        .unwrap();
    assert_eq!(rows.columns, ["a"]);
    assert_eq!(rows.rows.concat(), values());
    assert_eq!(
        (
            connection.changes().await,
            connection.last_insert_rowid().await
        ),
        (3, 7)
    );

    let (head, body) = told.await.unwrap().remove(0);
    assert!(head.starts_with("POST /v3/pipeline HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("authorization: Bearer hunter2\r\n"), "{head}");
    let args = json!([{"type": "integer", "value": "-9223372036854775808"}, {"type": "float", "value": 1.5},
                      {"type": "text", "value": "é"}, {"type": "blob", "base64": "AP8"}, {"type": "null"}]);
    let statement =
        json!({"type": "execute", "stmt": {"sql": "SELECT", "args": args, "want_rows": true}});
    assert_eq!(
        body,
        json!({"baton": null, "requests": [statement, {"type": "close"}]})
    );
}

#[tokio::test]
async fn a_transaction_keeps_its_stream_until_it_ends() {
    let answer = |baton: Json, after: Json| {
        (
            200,
            json!({"baton": baton, "base_url": null, "results": [executed(json!([])), after]}),
        )
    };
    let (address, told) = scripted(vec![
        answer("one".into(), autocommit(false)),
        answer("two".into(), autocommit(false)),
        answer("three".into(), autocommit(true)),
        (
            200,
            json!({"baton": null, "base_url": null, "results": [closed()]}),
        ),
    ])
    .await;
    let connection = database(address, "").connect();
    for sql in ["-- first\n/* of all */ begin immediate", "INSERT", "COMMIT"] {
        connection.execute(sql.to_owned(), vec![]).await.unwrap();
    }
    let told = told.await.unwrap();
    let batons: Vec<_> = told.iter().map(|(_, body)| &body["baton"]).collect();
    assert_eq!(
        batons,
        [&json!(null), &json!("one"), &json!("two"), &json!("three")]
    );
    assert_eq!(told[3].1["requests"], json!([{"type": "close"}]));
    assert!(!told[0].0.contains("authorization"));
}

#[tokio::test]
async fn an_open_transaction_is_given_up_with_its_connection() {
    let begun = json!({"baton": "one", "base_url": null, "results": [executed(json!([])), autocommit(false)]});
    let gone = json!({"baton": null, "base_url": null, "results": [closed()]});
    let (address, told) = scripted(vec![(200, begun), (200, gone)]).await;
    let connection = database(address, "").connect();
    connection
        .execute("BEGIN".to_owned(), vec![])
        .await
        .unwrap();
    drop(connection);
    let told = told.await.unwrap();
    assert_eq!(
        told[1].1,
        json!({"baton": "one", "requests": [{"type": "close"}]})
    );
}

#[tokio::test]
async fn failures_are_told_apart() {
    let failed = |code: &str| {
        let error =
            json!({"type": "error", "error": {"message": "no such table: a", "code": code}});
        (
            200,
            json!({"baton": null, "base_url": null, "results": [error, closed()]}),
        )
    };
    let failure = |text: &str| Error::Failed(text.to_owned());
    for (answer, expected) in [
        (failed("SQLITE_ERROR"), failure("no such table: a")),
        (failed("SQLITE_FULL"), Error::Full),
        (
            failed("SQLITE_BUSY"),
            Error::Busy("another transaction is writing"),
        ),
        (
            (401, json!({"error": "nope"})),
            Error::Refused("the database server does not accept the token".to_owned()),
        ),
        (
            (400, json!({"error": "the stream expired"})),
            failure("the stream expired"),
        ),
        (
            (502, json!({})),
            failure("the database server answered 502 Bad Gateway"),
        ),
        (
            (200, json!({})),
            failure("the database server cannot be understood"),
        ),
    ] {
        let (address, _told) = scripted(vec![answer]).await;
        let connection = database(address, "").connect();
        let outcome = connection.execute("SELECT".to_owned(), vec![]).await;
        assert_eq!(outcome, Err(expected));
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_an_error() {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let connection = database(address, "").connect();
    let outcome = connection.execute("SELECT 1".to_owned(), vec![]).await;
    let expected = "the database server cannot be reached".to_owned();
    assert_eq!(outcome, Err(Error::Failed(expected)));
}

/// A server of its own for one test.
struct Sqld {
    child: Child,
    database: Database,
    _folder: tempfile::TempDir,
}

impl Sqld {
    /// None where there is no executable to run.
    async fn start() -> Option<Self> {
        let executable = std::env::var_os("SELVEDGE_TEST_SQLD")?;
        let folder = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let child = Command::new(executable)
            .arg("--http-listen-addr")
            .arg(address.to_string())
            .arg("--db-path")
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let sqld = Self {
            child,
            database: database(address, ""),
            _folder: folder,
        };
        let deadline = Instant::now() + Duration::from_secs(30);
        while sqld.run("SELECT 1").await.is_err() {
            assert!(Instant::now() < deadline, "sqld does not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Some(sqld)
    }

    async fn run(&self, sql: &str) -> Result<Rows, Error> {
        self.database
            .connect()
            .execute(sql.to_owned(), vec![])
            .await
    }
}

impl Drop for Sqld {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn sqld_keeps_transactions_apart() {
    let Some(sqld) = Sqld::start().await else {
        return;
    };
    sqld.run("CREATE TABLE notes (id INTEGER PRIMARY KEY, text)")
        .await
        .unwrap();
    let one = sqld.database.connect();
    let run = |sql: &str| one.execute(sql.to_owned(), vec![]);
    run("BEGIN").await.unwrap();
    run("INSERT INTO notes (text) VALUES ('one'), ('two')")
        .await
        .unwrap();
    assert_eq!((one.changes().await, one.last_insert_rowid().await), (2, 2));
    let count = async || {
        sqld.run("SELECT count(*) FROM notes")
            .await
            .unwrap()
            .rows
            .concat()
    };
    assert_eq!(count().await, [Value::Integer(0)]);
    run("ROLLBACK").await.unwrap();
    assert_eq!(count().await, [Value::Integer(0)]);
    run("BEGIN").await.unwrap();
    run("INSERT INTO notes (text) VALUES ('three')")
        .await
        .unwrap();
    run("COMMIT").await.unwrap();
    assert_eq!(count().await, [Value::Integer(1)]);
    let failed = sqld.run("INSERT INTO nowhere VALUES (1)").await;
    assert!(
        matches!(&failed, Err(Error::Failed(text)) if text.contains("nowhere")),
        "{failed:?}"
    );
}

#[tokio::test]
async fn sqld_keeps_all_kinds_of_values() {
    let Some(sqld) = Sqld::start().await else {
        return;
    };
    let values = vec![
        Value::Integer(i64::MAX),
        Value::Real(0.1),
        Value::Text("é\0\"".to_owned()),
        Value::Blob((0..=255).collect()),
        Value::Null,
    ];
    let connection = sqld.database.connect();
    let rows = connection
        .execute("SELECT ?, ?, ?, ?, ?".to_owned(), values.clone())
        .await;
    assert_eq!(rows.unwrap().rows, [values]);
}
