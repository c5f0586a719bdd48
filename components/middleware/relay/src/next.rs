//! The next handler in the chain: `wasi:http/handler`, imported.

use wasip3::http::types::{ErrorCode, Request, Response};

mod bindings {
    wasip3::wit_bindgen::generate!({
        world: "relay",
        path: "wit",
        runtime_path: "wasip3::wit_bindgen::rt",
        with: { "wasi:http/types@0.3.0": wasip3::http::types },
        generate_all,
    });
}

/// Hands `request` to the next handler in the chain and waits for the head of its answer; bodies
/// still flow afterwards.
pub async fn next(request: Request) -> Result<Response, ErrorCode> {
    bindings::wasi::http::handler::handle(request).await
}
