//! What guests hold open, counted: none may fill the host's memory with handles.

use wasmtime::component::{Resource, ResourceTable};

/// Handles that one instance may hold open at a time, of one capability.
pub const MOST: usize = 256;

/// How many of them an instance holds. The default holds none.
#[derive(Debug, Default)]
pub struct Handles(usize);

impl Handles {
    /// A handle to `what` in `table`, or `None` where there are too many.
    pub fn open<R: Send + 'static>(
        &mut self,
        table: &mut ResourceTable,
        what: R,
    ) -> wasmtime::Result<Option<Resource<R>>> {
        if self.0 == MOST {
            return Ok(None);
        }
        let handle = table.push(what)?;
        self.0 += 1;
        Ok(Some(handle))
    }

    /// The guest is done with it.
    pub fn close<R: 'static>(
        &mut self,
        table: &mut ResourceTable,
        handle: Resource<R>,
    ) -> wasmtime::Result<()> {
        table.delete(handle)?;
        self.0 -= 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_once_its_handle_is_closed() {
        let (mut handles, mut table) = (Handles::default(), ResourceTable::new());
        let mut open = || handles.open(&mut table, "a").unwrap();
        let first = open().unwrap();
        assert_eq!((0..MOST).filter(|_| open().is_some()).count(), MOST - 1);
        handles.close(&mut table, first).unwrap();
        assert!(handles.open(&mut table, "a").unwrap().is_some());
    }
}
