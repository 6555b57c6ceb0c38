use ringback::service;

#[service]
pub trait Empty {}

fn main() {}
