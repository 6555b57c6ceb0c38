//! What comes behind a release in the stream finds the object gone.

use std::sync::{Mutex, PoisonError};

use ringback::{Client, Error, Result, Server, context, service};
use ringback_tests::living::Life;
use ringback_tests::{Living, Over, meet, over_both};

over_both!(
    a_call_behind_a_release_finds_the_object_gone,
    an_answer_behind_a_release_finds_the_object_gone,
);

const ROUNDS: usize = 300;

#[service]
trait Sink {
    #[oneway]
    async fn event(&self) -> Result<()>;
}

struct Quiet(#[allow(dead_code, reason = "it is there to be dropped")] Life);

impl Sink for Quiet {
    async fn event(&self) -> Result<()> {
        Ok(())
    }
}

/// The client's: how many sinks are alive.
#[service]
trait Alive {
    async fn count(&self) -> Result<usize>;
}

impl Alive for Living {
    async fn count(&self) -> Result<usize> {
        Ok(Living::count(self))
    }
}

#[service]
trait Keeper {
    async fn keep(&self, #[callback] sink: impl Sink) -> Result<()>;
    /// Tells the sink of an event and lets go of it, all in one piece of the stream.
    async fn finish(&self) -> Result<()>;
    /// The same, and then asks how many are alive.
    async fn finish_and_ask(&self) -> Result<usize>;
}

#[derive(Default)]
struct Kept(Mutex<Option<SinkProxy>>);

impl Kept {
    fn take(&self) -> Result<SinkProxy> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        kept.ok_or_else(|| Error::application("there is no sink"))
    }
}

impl Keeper for Kept {
    async fn keep(&self, sink: impl Sink) -> Result<()> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(SinkProxy::new(sink));
        Ok(())
    }

    async fn finish(&self) -> Result<()> {
        self.take()?.event().await
    }

    async fn finish_and_ask(&self) -> Result<usize> {
        self.take()?.event().await?;
        let session = context().session().expect("a handler has one");
        session.service::<AliveClient>().count().await
    }
}

async fn keeper(over: Over, living: &Living) -> (ringback_tests::Ends, KeeperClient) {
    let server = Server::builder().service(KeeperServer::new(Kept::default()));
    let client = Client::builder().service(AliveServer::new(living.clone()));
    let ends = meet(over, server, client).await;
    let keeper = ends.service();
    (ends, keeper)
}

async fn a_call_behind_a_release_finds_the_object_gone(over: Over) {
    let living = Living::default();
    let (_ends, keeper) = keeper(over, &living).await;
    for _ in 0..ROUNDS {
        // In a call of its own, of which nothing is left that could keep the sink.
        keeper.keep(Quiet(living.one())).await.unwrap();
        assert_eq!(keeper.finish_and_ask().await.unwrap(), 0);
    }
}

async fn an_answer_behind_a_release_finds_the_object_gone(over: Over) {
    let living = Living::default();
    let (_ends, keeper) = keeper(over, &living).await;
    for _ in 0..ROUNDS {
        keeper.keep(Quiet(living.one())).await.unwrap();
        keeper.finish().await.unwrap();
        assert_eq!(living.count(), 0);
    }
}
