//! What goes into a statement and what comes out of it.

use super::*;

#[tokio::test]
async fn values_of_every_class_come_back_as_they_went() {
    let fixture = Fixture::new(Limits::default()).await;
    let values = vec![
        Value::Integer(i64::MIN),
        Value::Real(-0.5),
        Value::Text("ä\0b".to_owned()),
        Value::Blob(vec![0, 255]),
        Value::Null,
    ];
    let sql = "SELECT ?1 AS a, ?2 AS b, ?3 AS c, ?4 AS d, ?5 AS e".to_owned();
    let result = fixture
        .database
        .connect()
        .execute(sql, values.clone())
        .await
        .unwrap();
    assert_eq!(result.columns, ["a", "b", "c", "d", "e"]);
    assert_eq!(result.rows, [values]);
}

#[tokio::test]
async fn the_number_of_parameters_has_to_fit() {
    let fixture = Fixture::new(Limits::default()).await;
    let connection = fixture.database.connect();
    for parameters in [vec![], vec![Value::Null, Value::Null]] {
        let error = connection
            .execute("SELECT ?1".to_owned(), parameters)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Failed(_)), "{error}");
    }
}

#[tokio::test]
async fn text_that_is_not_utf8_is_an_error_and_not_a_crash() {
    let fixture = Fixture::new(Limits::default()).await;
    let error = fixture
        .run("SELECT 1, CAST(x'ff' AS TEXT)")
        .await
        .unwrap_err();
    assert_eq!(
        error,
        Error::Failed("the text in column 1 is not UTF-8".to_owned())
    );
}

#[tokio::test]
async fn one_statement_a_time_is_run_and_nothing_of_more() {
    let fixture = Fixture::new(Limits::default()).await;
    let two = "INSERT INTO notes (text) VALUES ('a'); INSERT INTO notes (text) VALUES ('b')";
    assert!(matches!(fixture.run(two).await, Err(Error::Failed(_))));
    assert_eq!(fixture.count().await, 0);
    fixture.run("SELECT 1; -- no more").await.unwrap();
    assert_eq!(
        fixture.run(" -- nothing").await,
        Err(Error::Failed("there is no statement".to_owned()))
    );
}

#[tokio::test]
async fn sqlite_s_own_message_reaches_the_component() {
    let fixture = Fixture::new(Limits::default()).await;
    fixture
        .run("INSERT INTO notes (text) VALUES ('a')")
        .await
        .unwrap();
    let error = fixture
        .run("INSERT INTO notes (text) VALUES ('a')")
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "UNIQUE constraint failed: notes.text");
    let error = fixture.run("SELEKT 1").await.unwrap_err();
    assert_eq!(error.to_string(), "near \"SELEKT\": syntax error");
}

#[tokio::test]
async fn long_statements_run_as_short_ones_do() {
    let fixture = Fixture::new(Limits::default()).await;
    let values = vec!["('a long text, as applications have')"; 1000].join(", ");
    let connection = fixture.database.connect();
    run(
        &connection,
        &format!(
            "INSERT INTO notes (text) SELECT column1 || row_number() OVER () FROM (VALUES {values})"
        ),
    )
    .await
    .unwrap();
    assert_eq!(
        (fixture.count().await, connection.changes().await),
        (1000, 1000)
    );
}

#[tokio::test]
async fn a_column_added_by_one_connection_is_seen_by_another_s_cached_statement() {
    let fixture = Fixture::new(Limits {
        connections: 1,
        ..Limits::default()
    })
    .await;
    let connection = fixture.database.connect();
    run(&connection, "INSERT INTO notes (text) VALUES ('a')")
        .await
        .unwrap();
    run(&connection, "SELECT * FROM notes").await.unwrap();
    fixture
        .run("ALTER TABLE notes ADD COLUMN tag TEXT")
        .await
        .unwrap();
    let result = run(&connection, "SELECT * FROM notes").await.unwrap();
    assert_eq!(result.columns, ["id", "text", "tag"]);
    assert_eq!(result.rows[0].len(), 3);
}
