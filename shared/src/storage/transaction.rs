//! A transaction that cannot be left open.

use std::ops::Deref;

use super::{connection::Connection, error::Error};

/// A connection with a transaction open, which ends with it: by a commit, or else by a rollback.
pub struct Transaction<'a> {
    connection: &'a Connection,
    open: bool,
}

impl<'a> Transaction<'a> {
    /// Begins on a connection that nobody else uses, and takes the write lock.
    pub(super) fn begin(connection: &'a Connection) -> Result<Self, Error> {
        connection.run("BEGIN IMMEDIATE", &[])?;
        Ok(Self {
            connection,
            open: true,
        })
    }

    pub(super) fn commit(mut self) -> Result<(), Error> {
        self.connection.run("COMMIT", &[])?;
        self.open = false;
        Ok(())
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open {
            // Fails only where SQLite has rolled back by itself, as it does when the disk is full.
            let _ = self.connection.run("ROLLBACK", &[]);
        }
    }
}
