//! The harness: starts the application on its real components and real files, and talks to it.
//!
//! - [`components`] builds the wasm, once; [`setup`] says what to start, as an [`Application`] in this process or as
//!   a [`Process`] of its own, which can be killed.
//! - [`Client`] asks, an [`Answer`] is what comes back; [`raw`] is for what no HTTP client would send.
//! - [`people`] are who asks, with the second factors of [`authenticator`] and [`passkey`]; [`token`] makes the tokens nobody should believe.
//! - A [`chromium::Chromium`] is a browser, where one is installed.
//! - A [`Receiver`] is somebody else's server, to which the application sends requests.
//! - An [`IdentityProvider`] is where people in a [`Browser`] sign in with accounts that they have elsewhere;
//!   [`relying_party`] are the team's own applications, which sign people in here.

pub mod answer;
pub mod application;
pub mod authenticator;
pub mod browser;
pub mod chromium;
pub mod client;
pub mod components;
pub mod identity_provider;
pub mod logs;
pub mod mail;
pub mod passkey;
pub mod people;
pub mod process;
pub mod raw;
pub mod receiver;
pub mod relying_party;
pub mod setup;
pub mod tls;
pub mod token;

pub use answer::Answer;
pub use application::Application;
pub use browser::Browser;
pub use client::Client;
pub use identity_provider::IdentityProvider;
pub use logs::Logs;
pub use people::Person;
pub use process::Process;
pub use receiver::Receiver;
pub use setup::Setup;
