use ringback::{Result, service};
use std::borrow::Cow;
use std::path::Path;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Plan;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Event<'a>(&'a str);

#[service(group)]
pub trait Listener {
    async fn text(&self, text: &str, more: Option<&str>) -> Result<()>;
    async fn path(&self, path: &Path) -> Result<()>;
    async fn bytes(&self, bytes: &[u8], more: Option<&[u8]>) -> Result<()>;
    async fn lent(&self, plan: &Plan, more: Option<&Plan>) -> Result<()>;
    async fn slice(&self, plans: &[Plan]) -> Result<()>;
    async fn cow(&self, text: Cow<'_, str>) -> Result<()>;
    async fn event(&self, event: &Event<'_>) -> Result<()>;
}

fn main() {}
