//! SQL on the database a component was granted: transactions kept apart, statements bounded, nothing lost.

use std::time::{Duration, Instant};

use futures::future::join_all;
use selvedge_tests::Setup;

use crate::client;

/// Runs `sql` on the journal.
async fn journal(sql: impl Into<String>) -> String {
    let request = client().post("/sql?journal", &().into()).body(sql.into());
    request.await.expect(200).text()
}

#[tokio::test]
async fn a_transaction_left_open_ends_with_its_connection() {
    journal("CREATE TABLE IF NOT EXISTS left_open (n INTEGER)").await;
    assert!(journal("BEGIN").await.starts_with("ok"));
    // The one before held no lock for anybody else, and its transaction is not ours to commit.
    assert!(
        journal("INSERT INTO left_open VALUES (1)")
            .await
            .starts_with("ok")
    );
    assert!(journal("COMMIT").await.starts_with("refused"));
    assert_eq!(journal("SELECT count(*) FROM left_open").await, "ok: [[1]]");
}

#[tokio::test]
async fn writes_at_once_all_arrive() {
    journal("CREATE TABLE IF NOT EXISTS tally (n INTEGER)").await;
    let writes = (0..32).map(|n| journal(format!("INSERT INTO tally VALUES ({n})")));
    for outcome in join_all(writes).await {
        assert!(outcome.starts_with("ok"), "{outcome}");
    }
    assert_eq!(
        journal("SELECT count(DISTINCT n) FROM tally").await,
        "ok: [[32]]"
    );
}

#[tokio::test]
async fn a_statement_without_end_is_interrupted() {
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    let started = Instant::now();
    let (outcome, neighbour) = futures::join!(journal(endless), async {
        let answer = journal("SELECT 'meanwhile'").await;
        (answer, started.elapsed())
    });
    assert!(
        outcome.starts_with("refused: ") && outcome.contains("interrupted"),
        "{outcome}"
    );
    assert_eq!(neighbour.0, r#"ok: [["meanwhile"]]"#);
    assert!(
        neighbour.1 < Duration::from_secs(4),
        "another query waited for it: {:?}",
        neighbour.1
    );
}

#[tokio::test]
async fn a_result_without_end_is_refused() {
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, zeroblob(1000) FROM n";
    let outcome = journal(endless).await;
    assert!(
        outcome.starts_with("refused: "),
        "{}",
        &outcome[..200.min(outcome.len())]
    );
    assert_eq!(journal("SELECT 1").await, "ok: [[1]]");
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let application = Setup::faults().start();
    let run = async |client: &selvedge_tests::Client, sql: &'static str| {
        client
            .post("/sql?journal", &().into())
            .body(sql)
            .await
            .expect(200)
            .text()
    };
    let client = application.client();
    run(&client, "CREATE TABLE notes (text TEXT)").await;
    run(&client, "INSERT INTO notes VALUES ('kept')").await;
    let state = application.stop();
    let again = Setup::faults().on(state).start();
    assert_eq!(
        run(&again.client(), "SELECT text FROM notes").await,
        r#"ok: [["kept"]]"#
    );
}

#[tokio::test]
async fn a_database_lies_where_the_runtime_configuration_says() {
    let config = "[sqlite_database.journal]\ntype = \"spin\"\npath = \"elsewhere.db\"\n";
    let application = Setup::faults().configured(config).start();
    let request = application.client().post("/sql?journal", &().into());
    let created = request.body("CREATE TABLE here (n INTEGER)").await;
    assert_eq!(created.expect(200).text(), "ok: []");
    assert!(application.state().join("elsewhere.db").is_file());
    assert!(!application.state().join("sqlite/journal.db").exists());
}
