//! Being the provider that one's own applications sign people in with: OAuth 2.1's authorization code with PKCE, and
//! OpenID Connect Core.
//!
//! An application sends the browser to us with a [`Request`]. We have no pages: we send it on to the team's front end,
//! which signs the person in, asks for consent, and tells us. The application then gets a code, and for the code tokens,
//! in a session of its own that the person sees and can end among theirs.
//!
//! What an application is given is not what a person has. Its access token is for [`access_token`]'s audience, which the
//! guard of our own API does not take, unless an administrator let the application ask for the scope `api` and the
//! person agreed; and no session of an application does anything to the account itself.

mod access_token;
mod client;
mod form;
mod id_token;
mod provider;
mod refusal;
mod request;
mod scope;

pub use access_token::{AccessToken, Shown};
pub use client::{Client, ClientId, check_name, check_redirect_uris};
pub use form::Form;
pub use id_token::{IdToken, Profile};
pub use provider::Provider;
pub use refusal::Refusal;
pub use request::{Params, Request};
pub use scope::Scope;
