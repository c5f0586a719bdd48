//! The WIT function of `spin:variables`.

use wasmtime::component::{Accessor, HasData, Linker};

use super::backend::{self, Values};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "selvedge:host/variables",
        imports: { default: async | trappable },
    });
}

use bindings::spin::variables::variables as wit;

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

/// Adds the function of `spin:variables@3.0.0` to `linker`. `get` finds this capability's parts in a store.
pub fn link<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> View<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, Variables>(linker, get)
}

struct Variables;

impl HasData for Variables {
    type Data<'a> = View<'a>;
}

impl wit::Host for View<'_> {}

impl<T: Send + 'static> wit::HostWithStore<T> for Variables {
    async fn get(
        store: &Accessor<T, Self>,
        name: String,
    ) -> wasmtime::Result<Result<String, wit::Error>> {
        let value =
            store.with(|mut access| access.get().state.values.get(&name).map(str::to_owned));
        Ok(value.map_err(wit::Error::from))
    }
}

impl From<backend::Error> for wit::Error {
    fn from(error: backend::Error) -> Self {
        let message = error.to_string();
        match error {
            backend::Error::InvalidName(..) => Self::InvalidName(message),
            backend::Error::Undefined(_) => Self::Undefined(message),
        }
    }
}
