//! What only a browser can tell: whether Chromium makes and uses passkeys as we ask it to, across origins, and keeps our
//! cookies without TLS at localhost. Skipped, and said so, where none is installed.

use selvedge_tests::{
    Application, Receiver, Setup,
    chromium::Chromium,
    people::{PASSWORD, fresh_email},
    receiver::Reply,
};
use serde_json::{Value, json};

/// What every script on the page begins with: asks the application, as an application's page would.
const CALL: &str = r"
const [api, ...args] = arguments;
const call = async (method, path, body, headers = {}) => {
    const answer = await fetch(api + path, {
        method,
        credentials: 'include',
        headers: body ? {'content-type': 'application/json', ...headers} : headers,
        body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    return {status: answer.status, body: text ? JSON.parse(text) : null};
};
const bearer = (token) => ({authorization: `Bearer ${token}`});
";

/// An application, and a page of another origin that it allows, in a browser.
struct Shown {
    browser: Chromium,
    api: String,
    _application: Application,
}

impl Shown {
    /// None where there is no browser.
    async fn start() -> Option<Self> {
        let browser = Chromium::start().await?;
        let page = Receiver::start();
        page.reply(Reply::Json(json!({"a": "page"})));
        let origin = page.origin().replace("127.0.0.1", "localhost");
        let application = Setup::application()
            .variable("public_url", &origin)
            .variable("allowed_origins", &origin)
            .start();
        browser.open(&origin).await;
        Some(Self {
            browser,
            api: format!("http://localhost:{}", application.address.port()),
            _application: application,
        })
    }

    /// Runs this on the page, and expects an answer of the application's with this status.
    async fn run(&self, status: u16, script: &str, arguments: &[Value]) -> Value {
        let mut all = vec![json!(self.api)];
        all.extend_from_slice(arguments);
        let script = format!("{CALL}\nreturn (async () => {{ {script} }})();");
        let mut answer = self.browser.run(&script, &all).await;
        assert_eq!(answer["status"], status, "{answer}");
        answer["body"].take()
    }
}

#[tokio::test]
async fn chromium_makes_a_passkey_signs_in_with_it_and_proves_it_as_a_second_factor() {
    let Some(shown) = Shown::start().await else {
        return;
    };
    shown.browser.add_authenticator().await;
    let account = json!({"email": fresh_email(), "password": PASSWORD});
    let sign_up = "return call('POST', '/v1/auth/sign-up', args[0]);";
    let signed_up = shown
        .run(201, sign_up, std::slice::from_ref(&account))
        .await;
    let user = &signed_up["user"]["id"];

    let register = r"
        const [token] = args;
        const asked = await call('POST', '/v1/auth/passkeys/options', {}, bearer(token));
        const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked.body.publicKey);
        const credential = await navigator.credentials.create({publicKey});
        const body = {name: 'Chromium', credential: credential.toJSON()};
        return call('POST', '/v1/auth/passkeys', body, bearer(token));
    ";
    let token = signed_up["access_token"].clone();
    let registered = shown.run(201, register, &[token]).await;
    assert_eq!(registered["name"], "Chromium");

    let sign_in = r"
        const asked = await call('POST', '/v1/auth/passkeys/sign-in/options', {});
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked.body.publicKey);
        const credential = await navigator.credentials.get({publicKey});
        return call('POST', '/v1/auth/passkeys/sign-in', {credential: credential.toJSON()});
    ";
    let signed_in = shown.run(200, sign_in, &[]).await;
    assert_eq!(&signed_in["user"]["id"], user);

    let second_factor = r"
        const half = await call('POST', '/v1/auth/sign-in', args[0]);
        if (half.status !== 202) return half;
        const token = half.body.second_factor.token;
        const asked = await call('POST', '/v1/auth/second-factor/options', {token});
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked.body.publicKey);
        const credential = await navigator.credentials.get({publicKey});
        return call('POST', '/v1/auth/second-factor', {token, passkey: credential.toJSON()});
    ";
    let signed_in = shown.run(200, second_factor, &[account]).await;
    let claims = selvedge_tests::token::claims(
        signed_in["access_token"]
            .as_str()
            .expect("there is a token"),
    );
    assert_eq!(&claims["sub"], user);
    assert_eq!(claims["amr"], json!(["pwd", "pop", "mfa"]));
}

#[tokio::test]
async fn chromium_keeps_secure_cookies_of_localhost_and_shows_them_to_no_script() {
    let Some(shown) = Shown::start().await else {
        return;
    };
    let account = json!({"email": fresh_email(), "password": PASSWORD});
    let sign_up = "return call('POST', '/v1/auth/sign-up', args[0], {'x-session': 'cookie'});";
    let signed_up = shown
        .run(201, sign_up, std::slice::from_ref(&account))
        .await;
    assert_eq!(signed_up.get("access_token"), None);
    let me = "return call('GET', '/v1/users/me');";
    let seen = shown.run(200, me, &[]).await;
    assert_eq!(seen["id"], signed_up["user"]["id"]);
    let rename = "return call('PATCH', '/v1/users/me', {name: 'Ada'});";
    assert_eq!(shown.run(200, rename, &[]).await["name"], "Ada");
    let cookies = "return {status: 200, body: document.cookie};";
    assert_eq!(shown.run(200, cookies, &[]).await, "");
    let sign_out = "return call('POST', '/v1/auth/sign-out');";
    shown.run(204, sign_out, &[]).await;
    shown.run(401, me, &[]).await;
}
