use ringback::{Result, service};

use std::borrow::Cow;

#[service]
pub trait Names {
    async fn name(&self) -> Result<&str>;
    async fn names(&self) -> Result<Vec<Cow<'_, str>>>;
}

fn main() {}
