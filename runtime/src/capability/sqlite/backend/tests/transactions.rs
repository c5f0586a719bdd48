//! Transactions belong to the connection that began them, and end with it.

use super::*;

#[tokio::test]
async fn statements_of_two_connections_never_mix() {
    let fixture = Fixture::new(Limits::default()).await;
    let (one, two) = (fixture.database.connect(), fixture.database.connect());
    run(&one, "BEGIN").await.unwrap();
    run(&one, "INSERT INTO notes (text) VALUES ('one')")
        .await
        .unwrap();
    assert_eq!(integer(&one, "SELECT count(*) FROM notes").await, 1);
    assert_eq!(integer(&two, "SELECT count(*) FROM notes").await, 0);
    assert!(run(&two, "COMMIT").await.is_err());
    assert!(run(&two, "ROLLBACK").await.is_err());
    run(&one, "COMMIT").await.unwrap();
    assert_eq!(integer(&two, "SELECT count(*) FROM notes").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_increments_lose_nothing() {
    let fixture = Fixture::new(Limits {
        wait: Duration::from_secs(60),
        ..Limits::default()
    })
    .await;
    fixture
        .run("INSERT INTO notes (id, text) VALUES (1, '0')")
        .await
        .unwrap();
    let increments = (0..16).map(|_| {
        let database = fixture.database.clone();
        tokio::spawn(async move {
            for _ in 0..10 {
                let connection = database.connect();
                run(&connection, "BEGIN IMMEDIATE").await.unwrap();
                let n = integer(
                    &connection,
                    "SELECT CAST(text AS INTEGER) FROM notes WHERE id = 1",
                )
                .await;
                let next = vec![Value::Text((n + 1).to_string())];
                let sql = "UPDATE notes SET text = ?1 WHERE id = 1".to_owned();
                connection.execute(sql, next).await.unwrap();
                run(&connection, "COMMIT").await.unwrap();
                let sql =
                    "UPDATE notes SET text = CAST(text AS INTEGER) + 1 WHERE id = 1 RETURNING text";
                run(&database.connect(), sql).await.unwrap();
            }
        })
    });
    for increment in increments.collect::<Vec<_>>() {
        increment.await.unwrap();
    }
    let sum = value(&fixture.database.connect(), "SELECT text FROM notes").await;
    assert_eq!(sum, Value::Text("320".to_owned()));
}

#[tokio::test]
async fn a_dropped_connection_rolls_back() {
    let fixture = Fixture::new(Limits::default()).await;
    for begin in ["BEGIN", "BEGIN IMMEDIATE", "SAVEPOINT a"] {
        let connection = fixture.database.connect();
        run(&connection, begin).await.unwrap();
        run(&connection, "INSERT INTO notes (text) VALUES ('lost')")
            .await
            .unwrap();
        drop(connection);
        fixture
            .run("INSERT INTO notes (text) VALUES (NULL)")
            .await
            .unwrap();
    }
    assert_eq!(fixture.count().await, 3);
}

#[test]
fn a_connection_may_be_dropped_where_no_runtime_is() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (fixture, connection) = runtime.block_on(async {
        let fixture = Fixture::new(Limits::default()).await;
        let connection = fixture.database.connect();
        run(&connection, "BEGIN IMMEDIATE").await.unwrap();
        (fixture, connection)
    });
    drop(connection);
    runtime.block_on(async {
        fixture
            .run("INSERT INTO notes (text) VALUES ('kept')")
            .await
            .unwrap();
    });
    drop(runtime);
}

#[test]
fn a_connection_may_be_dropped_while_its_runtime_ends() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let fixture = runtime.block_on(Fixture::new(Limits::default()));
    let connection = fixture.database.connect();
    runtime
        .block_on(run(&connection, "BEGIN IMMEDIATE"))
        .unwrap();
    runtime.spawn(async move {
        std::future::pending::<()>().await;
        drop(connection);
    });
    drop(runtime);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .block_on(fixture.run("INSERT INTO notes (text) VALUES ('kept')"))
        .unwrap();
}

#[tokio::test]
async fn a_transaction_survives_that_nobody_waits_for_one_of_its_statements() {
    let fixture = Fixture::new(Limits::default()).await;
    let connection = fixture.database.connect();
    run(&connection, "BEGIN IMMEDIATE").await.unwrap();
    let mut insert = Box::pin(run(&connection, "INSERT INTO notes (text) VALUES ('a')"));
    assert!(futures::poll!(insert.as_mut()).is_pending());
    drop(insert);
    run(&connection, "INSERT INTO notes (text) VALUES ('b')")
        .await
        .unwrap();
    run(&connection, "COMMIT").await.unwrap();
    assert_eq!(fixture.count().await, 2);
}

#[tokio::test]
async fn a_forgotten_transaction_is_rolled_back_and_its_connection_told() {
    let fixture = Fixture::new(Limits {
        idle_transaction: short(500),
        ..Limits::default()
    })
    .await;
    let connection = fixture.database.connect();
    run(&connection, "BEGIN IMMEDIATE").await.unwrap();
    run(&connection, "INSERT INTO notes (text) VALUES ('lost')")
        .await
        .unwrap();
    // Waits its turn, which comes when the transaction has expired.
    fixture
        .run("INSERT INTO notes (text) VALUES ('kept')")
        .await
        .unwrap();
    let error = run(&connection, "COMMIT").await.unwrap_err();
    assert_eq!(error, Error::Expired(short(500)));
    assert_eq!(integer(&connection, "SELECT count(*) FROM notes").await, 1);
}

#[tokio::test]
async fn a_transaction_in_use_may_last_longer_than_an_idle_one() {
    let fixture = Fixture::new(Limits {
        idle_transaction: short(1000),
        ..Limits::default()
    })
    .await;
    let connection = fixture.database.connect();
    run(&connection, "BEGIN IMMEDIATE").await.unwrap();
    for _ in 0..5 {
        tokio::time::sleep(short(300)).await;
        run(&connection, "INSERT INTO notes (text) VALUES (NULL)")
            .await
            .unwrap();
    }
    run(&connection, "COMMIT").await.unwrap();
    assert_eq!(fixture.count().await, 5);
}

#[tokio::test]
async fn a_transaction_that_began_by_reading_waits_its_turn_to_write() {
    let fixture = Fixture::new(Limits {
        wait: short(100),
        ..Limits::default()
    })
    .await;
    let (reader, writer) = (fixture.database.connect(), fixture.database.connect());
    run(&writer, "BEGIN IMMEDIATE").await.unwrap();
    run(&reader, "BEGIN").await.unwrap();
    let insert = "WITH t(a) AS (SELECT 'a') INSERT INTO notes (text) SELECT a FROM t";
    let error = run(&reader, insert).await.unwrap_err();
    assert!(
        error.to_string().starts_with("database is locked"),
        "{error}"
    );
    run(&writer, "COMMIT").await.unwrap();
    run(&reader, insert).await.unwrap();
    run(&reader, "COMMIT").await.unwrap();
    assert_eq!(fixture.count().await, 1);
}

#[tokio::test]
async fn a_transaction_that_read_what_has_changed_since_cannot_write() {
    let fixture = Fixture::new(Limits::default()).await;
    let connection = fixture.database.connect();
    run(&connection, "BEGIN").await.unwrap();
    assert_eq!(integer(&connection, "SELECT count(*) FROM notes").await, 0);
    fixture
        .run("INSERT INTO notes (text) VALUES ('a')")
        .await
        .unwrap();
    let error = run(&connection, "INSERT INTO notes (text) VALUES ('b')")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Busy(_)), "{error}");
    run(&connection, "ROLLBACK").await.unwrap();
    run(&connection, "INSERT INTO notes (text) VALUES ('b')")
        .await
        .unwrap();
}
