use ringback::{Result, service};

#[service(group)]
pub trait Group {
    async fn get(&self, key: String) -> Result<()>;
    async fn insert(&self, key: String) -> Result<()>;
    async fn ask(&self, question: String) -> Result<()>;
    async fn failed(&self) -> Result<()>;
    async fn take_failures(&self) -> Result<()>;
}

// Where there is no group, they are names like any other.
#[service]
pub trait Map {
    async fn get(&self, key: String) -> Result<()>;
    async fn contains_key(&self, key: String) -> Result<bool>;
    async fn keys(&self) -> Result<Vec<String>>;
    async fn insert(&self, key: String) -> Result<()>;
    async fn remove(&self, key: String) -> Result<()>;
    async fn len(&self) -> Result<u64>;
    async fn is_empty(&self) -> Result<bool>;
    async fn ask(&self, question: String) -> Result<String>;
}

fn main() {}
