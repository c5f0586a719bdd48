//! The WIT functions: `spin:variables`, and the same values by the names that Spin 1 and 2 and WASI have for it.

use wasmtime::component::{Accessor, HasData, Linker};

use super::backend::{self, Values};

mod bindings {
    pub mod v3 {
        wasmtime::component::bindgen!({
            path: "wit",
            world: "selvedge:host/variables",
            imports: { default: async | trappable },
        });
    }
    pub mod v2 {
        wasmtime::component::bindgen!({
            path: "wit",
            world: "selvedge:host/variables-2",
            imports: { default: async | trappable },
        });
    }
    pub mod v1 {
        wasmtime::component::bindgen!({
            path: "wit",
            world: "selvedge:host/variables-1",
            imports: { default: async | trappable },
        });
    }
    pub mod wasi {
        wasmtime::component::bindgen!({
            path: "wit",
            world: "selvedge:host/wasi-config",
            imports: { default: async | trappable },
        });
    }
}

use bindings::v1::fermyon::spin::config as v1;
use bindings::v2::fermyon::spin2_0_0::variables as v2;
use bindings::v3::spin::variables::variables as v3;
use bindings::wasi::wasi::config::store as wasi;

/// The state of one instance.
pub struct State {
    values: Values,
}

impl State {
    pub(super) fn new(values: Values) -> Self {
        Self { values }
    }
}

/// The parts of a store this capability works on.
pub struct View<'a> {
    /// This capability's state.
    pub state: &'a mut State,
}

/// Adds every version of the interface to `linker`. `get` finds this capability's parts in a store.
pub fn link<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> View<'_>,
) -> wasmtime::Result<()> {
    v3::add_to_linker::<T, Variables>(linker, get)?;
    v2::add_to_linker::<T, Variables>(linker, get)?;
    v1::add_to_linker::<T, Variables>(linker, get)?;
    wasi::add_to_linker::<T, Variables>(linker, get)
}

struct Variables;

impl HasData for Variables {
    type Data<'a> = View<'a>;
}

impl View<'_> {
    fn value(&self, name: &str) -> Result<String, backend::Error> {
        self.state.values.get(name).map(str::to_owned)
    }
}

impl v3::Host for View<'_> {}

impl<T: Send + 'static> v3::HostWithStore<T> for Variables {
    async fn get(
        store: &Accessor<T, Self>,
        name: String,
    ) -> wasmtime::Result<Result<String, v3::Error>> {
        let value = store.with(|mut access| access.get().value(&name));
        Ok(value.map_err(v3::Error::from))
    }
}

impl v2::Host for View<'_> {
    async fn get(&mut self, name: String) -> wasmtime::Result<Result<String, v2::Error>> {
        Ok(self.value(&name).map_err(v2::Error::from))
    }
}

impl v1::Host for View<'_> {
    async fn get_config(&mut self, name: String) -> wasmtime::Result<Result<String, v1::Error>> {
        Ok(self.value(&name).map_err(v1::Error::from))
    }
}

impl wasi::Host for View<'_> {
    async fn get(&mut self, name: String) -> wasmtime::Result<Result<Option<String>, wasi::Error>> {
        Ok(Ok(self.value(&name).ok()))
    }

    async fn get_all(&mut self) -> wasmtime::Result<Result<Vec<(String, String)>, wasi::Error>> {
        let all = self.state.values.all();
        Ok(Ok(all
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()))
    }
}

impl From<backend::Error> for v3::Error {
    fn from(error: backend::Error) -> Self {
        let message = error.to_string();
        match error {
            backend::Error::InvalidName(..) => Self::InvalidName(message),
            backend::Error::Undefined(_) => Self::Undefined(message),
        }
    }
}

impl From<backend::Error> for v2::Error {
    fn from(error: backend::Error) -> Self {
        let message = error.to_string();
        match error {
            backend::Error::InvalidName(..) => Self::InvalidName(message),
            backend::Error::Undefined(_) => Self::Undefined(message),
        }
    }
}

/// It has no case for what is not there, and Spin takes this one.
impl From<backend::Error> for v1::Error {
    fn from(error: backend::Error) -> Self {
        let message = error.to_string();
        match error {
            backend::Error::InvalidName(..) => Self::InvalidKey(message),
            backend::Error::Undefined(_) => Self::Provider(message),
        }
    }
}
