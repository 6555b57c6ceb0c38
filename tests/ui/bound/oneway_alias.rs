use ringback::{Result, service};

type Answer = Result<u8>;

#[service]
pub trait Planner {
    #[oneway]
    async fn plan(&self) -> Answer;
}

fn main() {}
