use ringback::{Result, service};

pub struct Plan {
    pub steps: Vec<String>,
}

#[service]
pub trait Planner {
    async fn owned(&self, plan: Plan) -> Result<()>;
}

#[service]
pub trait Lender {
    async fn lent(&self, plan: &Plan) -> Result<()>;
}

#[service]
pub trait Holder {
    async fn many(&self, plans: &[Plan], next: Option<&Plan>) -> Result<()>;
}

fn main() {}
