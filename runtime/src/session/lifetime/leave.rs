//! A session that ends when what is in flight has finished.

use std::time::{Duration, Instant};

use super::handle::Session;
use crate::session::clock::now;
use crate::session::link::Link;

impl Link {
    /// Tells the peer to begin nothing new. The session ends at that time at the latest.
    pub(crate) fn announce_end(&self, reason: &str, until: Option<Instant>) {
        self.with(|core| core.go_away(reason, until));
        self.wake_driver(); // it has a clock to set
    }

    /// Waits until all that the peer had begun before it was told is served, or the session has ended.
    pub(crate) async fn served_out(&self) {
        self.wait_until(|link| {
            let is_over = link.with(|core| core.ended().is_some() || core.has_served_out());
            is_over.then_some(())
        })
        .await;
    }

    /// Ends the session when its last call has ended. Until then only handlers call.
    pub(crate) fn begin_nothing_new(&self) {
        self.with(|core| core.begin_nothing_new());
    }
}

impl Session {
    /// Ends the session when what is in flight has finished, and waits for that.
    ///
    /// From now on neither end begins anything new: the peer is told, and further calls, of both ends, fail with
    /// [`Closed`](crate::ErrorKind::Closed), and an error that says who leaves. Calls and callbacks
    /// in flight, and what their handlers call back, may take until the grace time is over; what is left
    /// then fails with `Closed`, too.
    ///
    /// Dropping the future changes nothing: the session ends all the same. A handler of this session must
    /// not await it, or both wait for each other until the time is over.
    ///
    /// ```
    /// # use ringback::{Client, Result, Server};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let server = Server::builder().bind("127.0.0.1:0").await?;
    /// # let address = server.local_addr();
    /// # tokio::spawn(server.run());
    /// let client = Client::builder().connect(address).await?;
    /// client.session().shutdown(Duration::from_secs(5)).await;
    /// assert!(client.session().is_closed());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn shutdown(&self, grace: Duration) {
        let link = self.link();
        link.announce_end("it shuts down", now().checked_add(grace));
        link.begin_nothing_new();
        self.closed().await;
    }
}
