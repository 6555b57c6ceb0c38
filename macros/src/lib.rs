//! The `#[service]` macro of Ringback.
