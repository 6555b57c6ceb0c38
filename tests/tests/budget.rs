//! However a one-way call is sent, it takes the same of what its task may do at once.

use futures_util::FutureExt;
use ringback::{Client, Result, Server, service};
use ringback_tests::{Over, meet};
use tokio::task::coop::{consume_budget, has_budget_remaining};

#[service]
trait Post {
    #[oneway]
    async fn send(&self, letter: u32) -> Result<()>;
}

/// Its name is longer than those of calls that are written at one go.
#[service(name = "TheOldPostOfficeBesideTheTownHall")]
trait OldPost {
    #[oneway]
    async fn send(&self, letter: u32) -> Result<()>;
}

struct Sink;

impl Post for Sink {
    async fn send(&self, _letter: u32) -> Result<()> {
        Ok(())
    }
}

impl OldPost for Sink {
    async fn send(&self, _letter: u32) -> Result<()> {
        Ok(())
    }
}

/// How many calls a task makes before one of them is not sent at once.
async fn in_a_turn<F>(call: impl Fn(u32) -> F + Send + Sync + 'static) -> u32
where
    F: Future<Output = Result<()>> + Send,
{
    let calls = tokio::spawn(async move {
        let is_sent = |calls: &u32| call(*calls).now_or_never().transpose().unwrap().is_some();
        (0..).take_while(is_sent).count() as u32
    });
    calls.await.unwrap()
}

/// On one thread: else a driver that writes at the same time makes the turn longer.
#[tokio::test]
async fn one_way_calls_of_all_forms_take_as_much_of_a_tasks_turn() {
    for over in [Over::Memory, Over::Tcp] {
        take_as_much_of_a_tasks_turn(over).await;
    }
}

async fn take_as_much_of_a_tasks_turn(over: Over) {
    let server = Server::builder()
        .service(PostServer::new(Sink))
        .service(OldPostServer::new(Sink));
    let ends = meet(over, server, Client::builder()).await;
    let post: PostClient = ends.service();
    let marked = post.with_metadata("sender", "me");
    let old_post: OldPostClient = ends.service();

    let plain = in_a_turn(move |letter| {
        let post = post.clone();
        async move { post.send(letter).await }
    });
    let plain = plain.await;
    assert!(plain > 1);
    let marked = in_a_turn(move |letter| {
        let post = marked.clone();
        async move { post.send(letter).await }
    });
    assert_eq!(marked.await, plain);
    let of_a_long_name = in_a_turn(move |letter| {
        let post = old_post.clone();
        async move { post.send(letter).await }
    });
    assert_eq!(of_a_long_name.await, plain);
}

#[tokio::test]
async fn what_is_called_once_the_turn_is_over_is_not_sent_at_once() {
    let server = Server::builder().service(PostServer::new(Sink));
    let ends = meet(Over::Memory, server, Client::builder()).await;
    let post: PostClient = ends.service();
    let calls = tokio::spawn(async move {
        while has_budget_remaining() {
            consume_budget().now_or_never();
        }
        let at_once = |letter: &u32| post.send(*letter).now_or_never().is_some();
        (0..20).filter(at_once).count()
    });
    assert_eq!(calls.await.unwrap(), 0);
}
