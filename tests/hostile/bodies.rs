//! Bodies that are no JSON, or the wrong JSON, or too much of it, at every endpoint that takes one.

use selvedge_tests::raw;
use serde_json::{Value, json};

use crate::{application, client, entrances, with_role};

#[tokio::test]
async fn what_is_not_json_is_refused() {
    let client = with_role("admin").await.client;
    let nested = "[".repeat(50_000);
    for body in [
        &b""[..],
        b"{",
        b"}",
        b"nonsense",
        b"{'email': 'x'}",
        b"{\"email\": \"x\"} trailing",
        b"{\"email\": \"\xff\xfe\"}",
        b"{\"email\": \"\\ud800\"}",
        b"\xef\xbb\xbf{}",
        b"\0",
        b"NaN",
        nested.as_bytes(),
    ] {
        for entrance in entrances() {
            let request = entrance
                .request(&client)
                .header("content-type", "application/json")
                .body(body.to_vec());
            request.await.problem(400);
        }
    }
}

#[tokio::test]
async fn json_that_is_no_object_is_refused() {
    let client = with_role("admin").await.client;
    for body in [
        json!(null),
        json!(1),
        json!("text"),
        json!([]),
        json!([{}]),
        json!(true),
    ] {
        for entrance in entrances() {
            entrance.request(&client).json(&body).await.problem(400);
        }
    }
}

#[tokio::test]
async fn values_without_their_names_are_refused() {
    let client = with_role("admin").await.client;
    for entrance in entrances() {
        let values: Vec<_> = entrance
            .body
            .as_object()
            .expect("bodies are objects")
            .values()
            .cloned()
            .collect();
        entrance
            .request(&client)
            .json(&values.into())
            .await
            .problem(400);
    }
}

#[tokio::test]
async fn a_field_of_the_wrong_type_is_named() {
    let client = with_role("admin").await.client;
    for entrance in entrances() {
        for field in entrance
            .body
            .as_object()
            .expect("bodies are objects")
            .keys()
        {
            for wrong in [json!({}), json!([1]), json!(true)] {
                let mut body = entrance.body.clone();
                body[field] = wrong;
                let problem = entrance.request(&client).json(&body).await.problem(400);
                let named = problem
                    .fields()
                    .first()
                    .is_some_and(|named| named.starts_with(field.as_str()));
                assert!(named, "{} {field}: {problem:?}", entrance.path);
            }
        }
    }
}

#[tokio::test]
async fn a_field_that_nobody_knows_is_named() {
    let client = with_role("admin").await.client;
    for entrance in entrances() {
        for field in ["is_admin", "roles", "__proto__", "id\u{0}"] {
            let mut body = entrance.body.clone();
            body[field] = json!(true);
            entrance
                .request(&client)
                .json(&body)
                .await
                .problem(400)
                .names(field);
        }
    }
}

#[tokio::test]
async fn a_field_that_is_there_twice_is_refused() {
    let client = with_role("admin").await.client;
    for entrance in entrances() {
        let fields = entrance.body.as_object().expect("bodies are objects");
        let (name, value) = fields.iter().next().expect("bodies have fields");
        let body = format!("{{\"{name}\": {value}, \"{name}\": {value}}}");
        entrance
            .request(&client)
            .header("content-type", "application/json")
            .body(body)
            .await
            .problem(400);
    }
}

#[tokio::test]
async fn a_body_beyond_64_kib_is_too_large() {
    let client = with_role("admin").await.client;
    for entrance in entrances() {
        let padded = |length: usize| {
            let body = entrance.body.to_string();
            format!("{body}{}", " ".repeat(length - body.len()))
        };
        let json = |body| {
            entrance
                .request(&client)
                .header("content-type", "application/json")
                .body(body)
        };
        json(padded((64 << 10) + 1)).await.problem(413);
        let fits = json(padded(64 << 10)).await;
        assert_ne!(fits.status, 413, "{}", entrance.path);
    }
}

#[tokio::test]
async fn a_body_beyond_what_the_runtime_takes_is_refused_unread() {
    for entrance in entrances() {
        let head = format!(
            "{} {} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\nconnection: close\r\n\r\n",
            entrance.method, entrance.path
        );
        let answer = raw::exchange(application().address, head).await;
        assert_eq!(raw::status(&answer), 413, "{answer}");
    }
}

#[tokio::test]
async fn another_content_type_is_refused() {
    let client = with_role("admin").await.client;
    for entrance in entrances() {
        for content_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonp",
            "application/xml",
            "text/json",
            "json",
            "",
        ] {
            let request = entrance
                .request(&client)
                .header("content-type", content_type);
            request.body(entrance.body.to_string()).await.problem(415);
        }
        entrance
            .request(&client)
            .body(entrance.body.to_string())
            .await
            .problem(415);
    }
}

#[tokio::test]
async fn a_body_that_was_compressed_is_not_taken_for_json() {
    let client = with_role("admin").await.client;
    for entrance in entrances() {
        let request = entrance
            .request(&client)
            .header("content-type", "application/json")
            .header("content-encoding", "gzip");
        let answer = request.body(vec![0x1f, 0x8b, 8, 0]).await;
        assert!(answer.status.is_client_error(), "{}", answer.text());
    }
}

#[tokio::test]
async fn texts_of_any_length_and_kind_are_judged_and_not_stumbled_over() {
    let client = with_role("admin").await.client;
    let long = "x".repeat(60_000);
    for text in [
        "",
        " ",
        "\0",
        "a\r\nb",
        "\u{202e}gnirts",
        "👩\u{200d}💻",
        "%00%0d%0a",
        "${jndi:ldap://x}",
        "../../etc/passwd",
        "<script>alert(1)</script>",
        &long,
    ] {
        for entrance in entrances() {
            for field in entrance
                .body
                .as_object()
                .expect("bodies are objects")
                .keys()
            {
                let mut body = entrance.body.clone();
                body[field] = Value::from(text);
                let answer = entrance.request(&client).json(&body).await;
                assert!(
                    !answer.status.is_server_error(),
                    "{} {field} {text:?}: {}",
                    entrance.path,
                    answer.text()
                );
                if answer.status.is_client_error() {
                    answer.problem(answer.status.as_u16());
                }
            }
        }
    }
    client.get("/v1/users/me").await.expect(200);
}

#[tokio::test]
async fn a_get_with_a_body_is_answered_as_one_without() {
    client()
        .get("/v1/billing/plans")
        .json(&json!({"plan": "free"}))
        .await
        .expect(200);
}
