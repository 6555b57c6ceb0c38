//! A lint that fires on what the user wrote does so there, and once.

#![deny(missing_docs, dead_code)]

use ringback::service;

#[service]
pub trait Registry {
    async fn add(&self, key: String) -> ringback::Result<()>;
    async fn unused(&self) -> ringback::Result<()> {
        let mut forgotten = 1;
        Ok(())
    }
}

#[service]
trait Private {
    async fn act(&self) -> ringback::Result<()>;
}

fn main() {}
