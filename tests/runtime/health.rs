//! The runtime's own answers about itself.

use crate::client;

#[tokio::test]
async fn a_running_application_is_alive_and_ready() {
    let client = client();
    assert_eq!(client.get("/healthz").await.expect(200).text(), "ok\n");
    assert_eq!(client.get("/readyz").await.expect(200).text(), "ready\n");
    let spins = client.get("/.well-known/spin/health").await.expect(200);
    assert_eq!(spins.text(), "OK");
}
