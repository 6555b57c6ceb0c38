use ringback::{Result, service};

#[service]
pub trait Registry {
    async fn add(&self, key: Kez, plans: &[Plan]) -> Result<Numbr>;
    async fn without(&self, key: Option<&Plan>) -> Result<Numbr>;
}

#[service]
pub trait Listener {
    async fn changed(&self, key: &str) -> Result<Numbr, Refusal>;
}

fn main() {}
