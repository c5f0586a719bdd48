//! A wasmtime-based runtime for Spin applications, with SQLite and key-value storage inside.
//!
//! Read the modules as the story of a request: [`cli`] starts a [`server`], which hands each [`request`] to the
//! [`app`], which found its [`route`] and calls a [`guest`], made of components that were [`compose`]d, and that
//! reach the world through a [`capability`] each; below lie the [`engine`], the [`manifest`] and the [`config`]. What
//! becomes a component first is [`componentize`]d, and what was compiled is kept as [`precompiled`]; [`cores`] are the
//! threads all of it runs on, [`metrics`] and [`trace`] tell of it, and [`clock`] is for tests.

pub mod app;
mod builder;
mod capability;
pub mod cli;
pub mod clock;
mod componentize;
mod compose;
mod config;
mod cores;
mod document;
mod engine;
mod guest;
pub mod log;
pub mod manifest;
mod metrics;
mod precompiled;
mod request;
mod route;
pub mod server;
mod trace;

pub use builder::build;

/// A request allocates some hundreds of times, on its own thread: this allocator takes half as long for it as the C
/// library's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
