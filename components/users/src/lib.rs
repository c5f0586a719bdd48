use spin_sdk::http::{IntoResponse, Request};
use spin_sdk::http_service;
#[http_service]
async fn handle(_request: Request) -> impl IntoResponse {
    "stub"
}
#[cfg(test)]
mod tests { #[test] fn t(){} }
