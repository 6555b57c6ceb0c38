use ringback::{Error, Result, service};

#[service(group)]
pub trait Approver {
    async fn approves(&self, plan: String) -> Result<bool>;
    async fn count(&self) -> std::result::Result<Option<u32>, Error>;
    #[oneway]
    async fn told(&self) -> Result<u32>;
}

type Answer = Result<u32>;

#[service(group)]
pub trait Aliased {
    async fn answer(&self) -> Answer;
}

fn main() {}
