//! What both ends share.

use std::net::SocketAddr;

/// Implemented by consumers, which serve it at an address.
#[tarpc::service]
pub trait CallbackListener {
    async fn changed(msg: String);
}

/// Implemented by the provider.
#[tarpc::service]
pub trait CallbackService {
    async fn add_listener(key: String, listener: SocketAddr) -> Result<(), String>;
    async fn remove_listener(key: String) -> bool;
}
