//! No statement costs more than its share of time, memory, disk or connections.

use super::*;

#[tokio::test]
async fn an_endless_statement_is_stopped_and_its_connection_goes_on() {
    let fixture = Fixture::new(Limits {
        statement: short(300),
        ..Limits::default()
    })
    .await;
    let connection = fixture.database.connect();
    let started = Instant::now();
    assert_eq!(
        run(&connection, ENDLESS).await,
        Err(Error::Deadline(short(300)))
    );
    assert!(started.elapsed() < Duration::from_secs(3));
    assert_eq!(integer(&connection, "SELECT 1").await, 1);
}

#[tokio::test]
async fn an_endless_statement_in_a_transaction_leaves_it_open() {
    let fixture = Fixture::new(Limits {
        statement: short(300),
        ..Limits::default()
    })
    .await;
    let connection = fixture.database.connect();
    run(&connection, "BEGIN IMMEDIATE").await.unwrap();
    run(&connection, "INSERT INTO notes (text) VALUES ('a')")
        .await
        .unwrap();
    assert_eq!(
        run(&connection, ENDLESS).await,
        Err(Error::Deadline(short(300)))
    );
    run(&connection, "COMMIT").await.unwrap();
    assert_eq!(fixture.count().await, 1);
}

#[tokio::test]
async fn the_statement_of_a_dropped_connection_is_stopped() {
    let fixture = Fixture::new(Limits {
        connections: 1,
        ..Limits::default()
    })
    .await;
    let connection = fixture.database.connect();
    let endless = run(&connection, ENDLESS);
    assert!(tokio::time::timeout(short(50), endless).await.is_err());
    drop(connection);
    let started = Instant::now();
    fixture.run("SELECT 1").await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn no_more_connections_are_used_than_the_pool_has() {
    let limits = Limits {
        connections: 2,
        wait: short(100),
        ..Limits::default()
    };
    let fixture = Fixture::new(limits).await;
    let all = [0, 1].map(|_| fixture.database.connect());
    for connection in &all {
        run(connection, "BEGIN").await.unwrap();
    }
    let error = fixture.run("SELECT 1").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "database is locked: all connections are in use"
    );
    run(&all[0], "COMMIT").await.unwrap();
    fixture.run("SELECT 1").await.unwrap();
}

#[tokio::test]
async fn a_writer_does_not_wait_for_readers() {
    let limits = Limits {
        connections: 1,
        wait: short(100),
        ..Limits::default()
    };
    let fixture = Fixture::new(limits).await;
    let reader = fixture.database.connect();
    run(&reader, "BEGIN").await.unwrap();
    run(&reader, "SELECT * FROM notes").await.unwrap();
    fixture
        .run("INSERT INTO notes (text) VALUES ('a')")
        .await
        .unwrap();
    assert_eq!(integer(&reader, "SELECT count(*) FROM notes").await, 0);
}

#[tokio::test]
async fn a_result_is_bounded_in_rows_and_in_bytes() {
    let limits = Limits {
        result_rows: 10,
        result_bytes: 10_000,
        ..Limits::default()
    };
    let fixture = Fixture::new(limits).await;
    let rows = |count| {
        format!(
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < {count}) SELECT * FROM t"
        )
    };
    assert_eq!(fixture.run(&rows(10)).await.unwrap().rows.len(), 10);
    assert!(matches!(
        fixture.run(&rows(11)).await,
        Err(Error::TooLarge(_))
    ));
    assert!(fixture.run("SELECT zeroblob(9000)").await.is_ok());
    assert!(matches!(
        fixture.run("SELECT zeroblob(10000)").await,
        Err(Error::TooLarge(_))
    ));
    assert!(
        fixture
            .run("SELECT length(zeroblob(1 << 23))")
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_database_grows_to_its_size_and_no_further() {
    let fixture = Fixture::new(Limits {
        database_bytes: 1 << 20,
        ..Limits::default()
    })
    .await;
    let insert = "INSERT INTO notes (text) VALUES (hex(randomblob(100000)))";
    let mut error = None;
    for _ in 0..10 {
        error = error.or(fixture.run(insert).await.err());
    }
    assert_eq!(error, Some(Error::Full));
    fixture.run("DELETE FROM notes").await.unwrap();
    fixture.run(insert).await.unwrap();
}

#[tokio::test]
async fn a_statement_whose_result_is_too_large_is_undone() {
    let limits = Limits {
        result_rows: 2,
        ..Limits::default()
    };
    let fixture = Fixture::new(limits).await;
    let connection = fixture.database.connect();
    let insert = "INSERT INTO notes (text) VALUES ('a'), ('b'), ('c') RETURNING id";
    assert!(matches!(
        run(&connection, insert).await,
        Err(Error::TooLarge(_))
    ));
    assert_eq!(fixture.count().await, 0);
    run(&connection, "BEGIN").await.unwrap();
    assert!(matches!(
        run(&connection, insert).await,
        Err(Error::TooLarge(_))
    ));
    run(&connection, "ROLLBACK").await.unwrap();
    assert_eq!(fixture.count().await, 0);
}
