use ringback::{Result, service};

#[service]
pub trait Jobs {
    async fn run(&self, #[callback] progress: impl Fn(u8)) -> Result<()>;
    async fn asks(&self, #[callback] approve: impl AsyncFn(String) -> Result<bool>) -> Result<()>;
    async fn pair(&self, #[callback] log: Option<impl FnMut(u8, String) -> ()>) -> Result<()>;
}

fn main() {}
