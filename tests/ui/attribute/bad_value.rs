use ringback::{Result, service};

#[service(name = 5)]
pub trait Number {
    async fn changed(&self) -> Result<()>;
}

#[service(name)]
pub trait Missing {
    async fn changed(&self) -> Result<()>;
}

#[service(name = "a@b", version = "")]
pub trait Marked {
    async fn changed(&self) -> Result<()>;
}

#[service(crate = "ringback")]
pub trait Quoted {
    async fn changed(&self) -> Result<()>;
}

#[service(version = "1", version = "2")]
pub trait Twice {
    async fn changed(&self) -> Result<()>;
}

fn main() {}
