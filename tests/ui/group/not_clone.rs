use ringback::{Result, service};

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Plan {
    pub steps: Vec<String>,
}

#[service(group)]
pub trait Listener {
    async fn changed(&self, plan: Plan) -> Result<()>;
    async fn all(&self, plans: Vec<Plan>) -> Result<()>;
}

fn main() {}
