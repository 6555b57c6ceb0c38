use ringback::service;

#[service]
pub trait Clock {
    async fn tick(&self);
}

fn main() {}
