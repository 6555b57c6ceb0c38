//! The provider: implements the service and calls back whoever registered.

use std::time::Duration;

use ringback::{Result, Server};

use crate::listeners::{Listeners, changed_now};
use crate::service::{
    CallbackListener, CallbackListenerProxy, CallbackService, CallbackServiceServer,
};

/// Listens on `address`, and begins to call the listeners back `every` so often.
pub async fn bind(address: &str, every: Duration, max_callbacks: u32) -> Result<Server> {
    let listeners = Listeners::new();
    let server = Server::builder()
        .service(CallbackServiceServer::new(Provider {
            listeners: listeners.clone(),
        }))
        .max_callbacks(max_callbacks)
        .bind(address)
        .await?;
    println!("provider: listening on {}", server.local_addr());

    tokio::spawn(listeners.clone().log_failures());
    tokio::spawn(listeners.notify_every(every));
    Ok(server)
}

struct Provider {
    listeners: Listeners,
}

impl CallbackService for Provider {
    async fn add_listener(&self, key: String, listener: impl CallbackListener) -> Result<()> {
        // The argument is the consumer's object, far away. As a proxy it can be kept.
        let listener = CallbackListenerProxy::new(listener);
        listener.changed(changed_now()).await?;
        self.listeners.add(key, &listener);
        Ok(())
    }

    async fn remove_listener(&self, key: String, listener: impl CallbackListener) -> Result<bool> {
        // Another proxy than the stored one, but equal to it if it stands for the same object.
        let listener = CallbackListenerProxy::new(listener);
        Ok(self.listeners.remove(&key, &listener))
    }
}
