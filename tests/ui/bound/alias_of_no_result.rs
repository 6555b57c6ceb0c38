use ringback::service;

type Answer = (u8, u8);

#[service]
pub trait Planner {
    async fn plan(&self) -> Answer;
}

fn main() {}
