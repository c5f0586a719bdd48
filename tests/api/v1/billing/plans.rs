//! `/v1/billing/plans`.

use serde_json::json;

use crate::client;

#[tokio::test]
async fn anybody_sees_what_is_for_sale() {
    let answer = client().get("/v1/billing/plans").await.expect(200);
    let plans = answer.json();
    let ids: Vec<_> = plans["data"]
        .as_array()
        .expect("plans are a list")
        .iter()
        .map(|plan| &plan["id"])
        .collect();
    assert_eq!(ids, ["free", "starter", "team"]);
    assert_eq!(
        plans["data"][1]["price"],
        json!({"amount": 1900, "currency": "EUR"})
    );
    assert_eq!(plans["next_cursor"], json!(null));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
}
