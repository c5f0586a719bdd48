//! `POST /v1/auth/oauth/exchange`: the code that a browser brought back from a provider, for tokens.

use axum::response::Response;
use http::StatusCode;
use shared::{Json, Problem, Result, clock, variables};

use crate::admission::admit;
use crate::federation::{self, Claim};
use crate::issuer::Issuer;
use crate::method::{Method, Methods};
use crate::origin::Origin;
use crate::outbox;
use crate::refresh_token::RefreshToken;
use crate::store::DB;

/// Signs in whoever the provider vouched for, in an account that is made where there is none. Where that cannot be,
/// the code stays good for a while: whoever signs in another way can link the provider with it.
pub async fn exchange(origin: Origin, Json(claim): Json<Claim>) -> Result<Response> {
    let now = clock::now();
    let issuer = Issuer::load(now).await?;
    let admin_email = variables::get("admin_email").await?;
    let refresh_token = RefreshToken::new()?;
    let admission = DB.transaction(|tx| {
        let person = claim.take(tx, now)?;
        let account = federation::account_of(tx, &person, &admin_email, &origin, now)?;
        let methods = Methods::one(Method::Federated);
        let admission = admit(tx, account, methods, refresh_token, &origin, now)?;
        Ok::<_, Problem>(admission)
    })?;
    outbox::deliver_soon();
    issuer.answer(StatusCode::OK, admission, now)
}
