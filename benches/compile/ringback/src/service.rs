//! What both ends share.

use ringback::{Result, service};

/// Implemented by consumers.
#[service]
pub trait CallbackListener {
    async fn changed(&self, msg: String) -> Result<()>;
}

/// Implemented by the provider.
#[service]
pub trait CallbackService {
    async fn add_listener(
        &self,
        key: String,
        #[callback] listener: impl CallbackListener,
    ) -> Result<()>;
    async fn remove_listener(&self, key: String) -> Result<bool>;
}
