//! `/v1/billing/invoices` and `/v1/billing/invoices/{id}`.

use serde_json::{Value, json};

use super::subscribe;
use crate::{admin, assert_needs_a_caller, person};

const INVOICES: &str = "/v1/billing/invoices";

#[tokio::test]
async fn an_invoice_has_lines_that_add_up_to_its_total() {
    let person = person().await;
    let id = subscribe(&person.client, "team", "k")
        .await
        .expect(201)
        .json()["invoice"]
        .clone();
    let path = format!("{INVOICES}/{}", id.as_str().expect("it was invoiced"));
    let answer = person.client.get(&path).await.expect(200);
    let invoice = answer.json();
    assert_eq!(invoice["user"], person.id.as_str());
    assert!(
        invoice["number"]
            .as_str()
            .is_some_and(|number| !number.is_empty()),
        "{invoice}"
    );
    let lines = invoice["lines"].as_array().expect("an invoice has lines");
    let sum: i64 = lines
        .iter()
        .filter_map(|line| line["amount"]["amount"].as_i64())
        .sum();
    assert!(!lines.is_empty());
    assert_eq!(invoice["total"], json!({"amount": sum, "currency": "EUR"}));
    assert!(answer.header("etag").is_some());
}

#[tokio::test]
async fn the_list_shows_invoices_without_their_lines() {
    let client = person().await.client;
    let id = subscribe(&client, "team", "k").await.expect(201).json()["invoice"].clone();
    let list = client.get(INVOICES).await.expect(200).json();
    assert_eq!(list["data"][0]["id"], id);
    assert_eq!(list["data"][0]["lines"], Value::Null);
    assert_eq!(list["next_cursor"], Value::Null);
}

#[tokio::test]
async fn invoices_issued_at_once_have_numbers_of_their_own() {
    let buy = async || {
        let client = person().await.client;
        let id = subscribe(&client, "free", "k").await.expect(201).json()["invoice"].clone();
        let invoice = client
            .get(&format!(
                "{INVOICES}/{}",
                id.as_str().expect("it was invoiced")
            ))
            .await
            .expect(200)
            .json();
        let number = invoice["number"]
            .as_str()
            .expect("an invoice has a number")
            .to_owned();
        let digits = number.rsplit('-').next().expect("a number ends in digits");
        digits.parse::<u64>().expect("a number ends in digits")
    };
    let mut numbers = futures::future::join_all((0..6).map(|_| buy())).await;
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 6);
}

#[tokio::test]
async fn an_invoice_is_seen_by_its_owner_and_administrators() {
    let (owner, other) = futures::join!(person(), person());
    let id = subscribe(&owner.client, "free", "k")
        .await
        .expect(201)
        .json()["invoice"]
        .clone();
    let path = format!("{INVOICES}/{}", id.as_str().expect("it was invoiced"));
    admin().await.client.get(&path).await.expect(200);
    let there = other.client.get(&path).await;
    let nowhere = other
        .client
        .get(&format!("{INVOICES}/inv_01h455vb4pex5vsknk084sn02q"))
        .await;
    assert_eq!(there.problem(404).detail(), nowhere.problem(404).detail());
    assert_eq!(
        other.client.get(INVOICES).await.expect(200).json()["data"],
        json!([])
    );
}

#[tokio::test]
async fn it_takes_a_caller() {
    assert_needs_a_caller!(GET INVOICES, GET format!("{INVOICES}/inv_01h455vb4pex5vsknk084sn02q"));
}
