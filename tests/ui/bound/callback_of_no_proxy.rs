use ringback::{Result, service};

#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Plan;

pub struct Other;

#[service]
pub trait Registry {
    async fn add(&self, #[callback] plan: Plan, #[callback] other: Option<Other>) -> Result<()>;
}

fn main() {}
