//! What the two programs have in common: the service, and what it calls back.

use ringback::{Result, service};

/// Implemented by consumers: what the provider calls when something has changed.
#[service(group)]
pub trait CallbackListener {
    async fn changed(&self, msg: String) -> Result<()>;
}

/// Implemented by the provider.
#[service]
pub trait CallbackService {
    /// Stores `listener` under `key`, in the place of one that is there already, and calls it once
    /// before it returns.
    async fn add_listener(
        &self,
        key: String,
        #[callback] listener: impl CallbackListener,
    ) -> Result<()>;

    /// Forgets `listener`. False says that another one, or none, is stored under `key`.
    async fn remove_listener(
        &self,
        key: String,
        #[callback] listener: impl CallbackListener,
    ) -> Result<bool>;
}
