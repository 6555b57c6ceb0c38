use ringback::{Result, service};

pub struct Plan {
    pub steps: Vec<String>,
}

#[service]
pub trait Planner {
    async fn plan(&self) -> Result<Plan>;
}

fn main() {}
