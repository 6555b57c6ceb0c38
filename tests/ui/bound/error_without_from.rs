use ringback::{Result, service};

#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Refusal;

#[service]
pub trait Planner {
    async fn plan(&self) -> Result<u8, Refusal>;
}

fn main() {}
