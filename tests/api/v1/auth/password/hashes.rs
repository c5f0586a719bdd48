//! How passwords are kept: peppers, and the hashes of other systems.

use rusqlite::Connection;
use selvedge_tests::{
    Application, Person, Setup,
    people::{self, ADMIN},
};
use serde_json::json;

use crate::{admin, client, person};

/// Of `correct horse`, by libxcrypt and OpenSSL.
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";
const SCRYPT: &str =
    "$scrypt$ln=10,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$6g3umF+uVrJsObaTZhIbbTlgrvOEFcCItdwSjtPF67M";
const IMPORT: &str = "/v1/auth/admin/import";

fn hash(application: &Application, email: &str) -> String {
    let file = application.state().join("sqlite/auth.db");
    let db = Connection::open(&file).expect("the database can be opened");
    let sql = "SELECT hash FROM passwords JOIN accounts ON id = account_id WHERE email = ?";
    db.query_row(sql, [email], |row| row.get(0))
        .expect("there is a hash")
}

#[tokio::test]
async fn a_pepper_can_be_set_changed_and_not_done_without() {
    let (old, new) = ("old pepper ".repeat(3), "new pepper ".repeat(3));
    let application = Setup::application().start();
    let email = Person::sign_up(&application.client()).await.email;
    assert!(!hash(&application, &email).contains("keyid"));

    let setup = Setup::application().variable("password_pepper", &old);
    let application = setup.on(application.stop()).start();
    people::sign_in(&application.client(), &email)
        .await
        .expect(200);
    let first = hash(&application, &email);
    assert!(first.contains("keyid"), "made anew: {first}");
    people::sign_in(&application.client(), &email)
        .await
        .expect(200);
    assert_eq!(hash(&application, &email), first, "once");

    let setup = Setup::application()
        .variable("password_pepper", &new)
        .variable("password_pepper_previous", &old);
    let application = setup.on(application.stop()).start();
    people::sign_in(&application.client(), &email)
        .await
        .expect(200);
    assert_ne!(hash(&application, &email), first);

    let setup = Setup::application().variable("password_pepper", &new);
    let application = setup.on(application.stop()).start();
    people::sign_in(&application.client(), &email)
        .await
        .expect(200);

    let application = Setup::application().on(application.stop()).start();
    people::sign_in(&application.client(), &email)
        .await
        .problem(401);
}

#[tokio::test]
async fn imported_accounts_sign_in_with_the_passwords_they_have() {
    let application = Setup::application().variable("admin_email", ADMIN).start();
    let admin = Person::admin(&application).await;
    let users = json!({"users": [
        {"email": "bcrypt@example.com", "password_hash": BCRYPT, "email_verified": true, "name": " B "},
        {"email": "scrypt@example.com", "password_hash": SCRYPT},
        {"email": "none@example.com"},
        {"email": ADMIN.to_uppercase(), "password_hash": BCRYPT},
    ]});
    let imported = admin.client.post(IMPORT, &users).await.expect(200).json();
    assert!(
        imported["data"][0]["id"]
            .as_str()
            .is_some_and(|id| id.starts_with("usr_"))
    );
    assert!(imported["data"][3]["id"].is_null(), "{imported}");

    let client = application.client();
    for (email, is_verified) in [("bcrypt@example.com", true), ("scrypt@example.com", false)] {
        let sign_in = async |password: &str| {
            let body = json!({"email": email, "password": password});
            client.post("/v1/auth/sign-in", &body).await
        };
        sign_in("another horse").await.problem(401);
        let user = sign_in("correct horse").await.expect(200).json()["user"].clone();
        assert_eq!(user["email_verified"], is_verified);
        let renewed = hash(&application, email);
        assert!(renewed.starts_with("$argon2id$"), "{renewed}");
        sign_in("correct horse").await.expect(200);
    }
    let none = json!({"email": "none@example.com", "password": "correct horse"});
    client.post("/v1/auth/sign-in", &none).await.problem(401);
    // The administrator's own password is untouched.
    people::sign_in(&client, ADMIN).await.expect(200);
}

#[tokio::test]
async fn an_import_is_for_administrators_and_all_or_nothing() {
    let email = people::fresh_email();
    let users = json!({"users": [{"email": email, "password_hash": BCRYPT}]});
    client().post(IMPORT, &users).await.problem(401);
    person()
        .await
        .client
        .post(IMPORT, &users)
        .await
        .problem(403);
    let users = json!({"users": [
        {"email": email, "password_hash": BCRYPT},
        {"email": "nobody", "name": " ", "password_hash": "$1$old$md5"},
    ]});
    let problem = admin().await.client.post(IMPORT, &users).await.problem(422);
    assert_eq!(
        problem.fields(),
        ["users[1].email", "users[1].name", "users[1].password_hash"]
    );
    let sign_in = json!({"email": email, "password": "correct horse"});
    client()
        .post("/v1/auth/sign-in", &sign_in)
        .await
        .problem(401);
}
