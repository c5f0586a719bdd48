//! Asks an application over HTTP, with or without a token.

use std::{future::IntoFuture, net::SocketAddr, pin::Pin, time::Duration};

use http::Method;
use serde_json::Value;

use crate::Answer;

/// No request takes longer than this, or its test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks one application. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    token: Option<String>,
}

impl Client {
    /// An anonymous client of the application at `address`.
    pub fn new(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            // Where a redirect leads is for the test to judge.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build();
        Self {
            http: http.expect("an HTTP client can be made"),
            address,
            token: None,
        }
    }

    /// The same client with an access token.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same client without one.
    pub fn anonymous(&self) -> Self {
        Self {
            token: None,
            ..self.clone()
        }
    }

    /// Where it asks.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A request that is sent when awaited.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let request = self
            .http
            .request(method, format!("http://{}{path}", self.address));
        Request(match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    /// GET.
    pub fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Request {
        self.request(Method::DELETE, path)
    }

    /// POST, with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Request {
        self.request(Method::POST, path).json(body)
    }

    /// PATCH, with a JSON body.
    pub fn patch(&self, path: &str, body: &Value) -> Request {
        self.request(Method::PATCH, path).json(body)
    }
}

/// A request, sent when awaited.
pub struct Request(reqwest::RequestBuilder);

impl Request {
    /// Adds a header.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    /// Sets a JSON body.
    pub fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    /// Sets a body that is sent as it is.
    pub fn body(self, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.body(body))
    }

    /// Sends it. Err is a connection that broke, which most tests do not expect.
    pub async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let response = self.0.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await?;
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    /// Sends it, and hands back the response with its body still on the way.
    pub async fn head(self) -> reqwest::Response {
        self.0
            .send()
            .await
            .unwrap_or_else(|error| panic!("no answer: {error:?}"))
    }
}

impl IntoFuture for Request {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            self.try_send()
                .await
                .unwrap_or_else(|error| panic!("no answer: {error:?}"))
        })
    }
}
