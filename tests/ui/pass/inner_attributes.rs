//! Attributes that stand inside of the braces of what they are about.

#![deny(warnings)]

use ringback::{Result, service};

#[service]
trait Clock {
    #![allow(dead_code)]

    async fn time(&self) -> Result<u64> {
        #![allow(unused_variables)]
        let unused = 5;
        Ok(1)
    }

    async fn zone(&self) -> Result<String>;
}

struct Utc;

impl Clock for Utc {
    async fn zone(&self) -> Result<String> {
        Ok("UTC".into())
    }
}

fn main() {
    let _ = ClockServer::new(Utc);
}
