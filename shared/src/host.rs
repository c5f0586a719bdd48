//! The host's functions, generated from `wit/`. Only the functions used are declared there, so that
//! a component imports no more than it calls.
#![allow(missing_docs, unsafe_code)]

spin_sdk::wit_bindgen::generate!({
    world: "host",
    path: "wit",
    runtime_path: "spin_sdk::wit_bindgen::rt",
    generate_all,
});

pub use spin::{sqlite::sqlite, variables::variables};
