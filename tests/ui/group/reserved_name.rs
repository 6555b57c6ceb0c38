use ringback::{Result, service};

#[service(group)]
pub trait Group {
    async fn get(&self, key: String) -> Result<()>;
    async fn failed(&self) -> Result<()>;
    async fn take_failures(&self) -> Result<()>;
}

// Where there is no group, they are names like any other.
#[service]
pub trait Map {
    async fn get(&self, key: String) -> Result<()>;
    async fn contains_key(&self, key: String) -> Result<bool>;
    async fn keys(&self) -> Result<Vec<String>>;
}

fn main() {}
