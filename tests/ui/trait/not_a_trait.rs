use ringback::service;

#[service]
struct Struct {
    field: u8,
}

#[service]
enum Enum {}

#[service]
impl Struct {}

#[service]
fn function() {}

#[service]
const CONSTANT: u8 = 0;

fn main() {}
