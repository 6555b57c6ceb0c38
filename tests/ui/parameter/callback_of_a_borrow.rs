use ringback::{Result, service};

use ringback::Callback;
use std::borrow::Cow;

#[service]
pub trait Registry {
    async fn text(&self, #[callback] log: impl Callback<&str>) -> Result<()>;
    async fn bytes(&self, #[callback] log: Option<impl Callback<&[u8], bool>>) -> Result<()>;
    async fn cow(&self, #[callback] log: impl Callback<Cow<'_, str>>) -> Result<()>;
}

fn main() {}
