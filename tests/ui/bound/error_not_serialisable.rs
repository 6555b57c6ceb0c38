use ringback::{Result, service};

#[derive(Debug)]
pub struct Refusal;

impl From<ringback::Error> for Refusal {
    fn from(_: ringback::Error) -> Self {
        Self
    }
}

#[service]
pub trait Planner {
    async fn plan(&self) -> Result<u8, Refusal>;
}

fn main() {}
