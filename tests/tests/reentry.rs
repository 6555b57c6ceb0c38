//! A handler may call back into its caller, to any depth and with any credit, without a deadlock.

use std::sync::Arc;

use ringback::{Client, ErrorKind, Limits, Result, Server, service};
use ringback_tests::run::run_with;
use ringback_tests::{Ends, Over, meet, over_both};
use tokio::sync::{Notify, Semaphore};

over_both!(
    the_depth_of_calls_is_bounded,
    a_handler_calls_back_several_times_at_once,
    callbacks_wait_for_each_other,
    both_ends_call_and_are_called_at_once,
    one_way_calls_call_back,
    one_way_calls_inside_of_a_handler_need_no_credit_of_others,
);

/// Calls the other one, which calls this one, and so on.
#[service]
trait Descent {
    async fn go(&self, left: u32, #[callback] other: impl Descent) -> Result<u32>;
}

struct Climber;

impl Descent for Climber {
    async fn go(&self, left: u32, other: impl Descent) -> Result<u32> {
        if left == 0 {
            return Ok(0);
        }
        // Boxed: the future of a call has no bound on what it is inside of.
        let next = DescentProxy::new(other);
        let me = DescentProxy::new(Climber);
        let deeper: futures_util::future::BoxFuture<'_, Result<u32>> =
            Box::pin(next.go(left - 1, me));
        Ok(deeper.await? + 1)
    }
}

async fn ends(over: Over, limits: Limits) -> (DescentClient, Ends) {
    let server = Server::builder()
        .service(DescentServer::new(Climber))
        .limits(limits);
    let ends = meet(over, server, Client::builder().limits(limits)).await;
    (ends.service(), ends)
}

/// One connection, one worker.
fn descend(over: Over, limits: Limits, depth: u32) {
    run_with(1, async move {
        let (descent, ends) = ends(over, limits).await;
        assert_eq!(descent.go(depth, Climber).await.unwrap(), depth);
        ends.idle().await;
    });
}

#[test]
fn a_thousand_calls_inside_of_each_other_over_tcp() {
    descend(Over::Tcp, Limits::default(), 1000);
}

#[test]
fn a_thousand_calls_inside_of_each_other_in_memory() {
    descend(Over::Memory, Limits::default(), 1000);
}

#[test]
fn a_thousand_calls_inside_of_each_other_with_credit_for_one() {
    for over in [Over::Tcp, Over::Memory] {
        let mut limits = Limits::default();
        limits.max_calls = 1;
        limits.max_object_calls = 1;
        limits.max_queued_bytes = 1;
        descend(over, limits, 1000);
    }
}

async fn the_depth_of_calls_is_bounded(over: Over) {
    let mut limits = Limits::default();
    limits.max_call_depth = 10;
    let (descent, ends) = ends(over, limits).await;
    assert_eq!(descent.go(10, Climber).await.unwrap(), 10);
    let error = descent.go(11, Climber).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overloaded);
    assert!(error.is_remote());
    let text = error.to_string();
    assert!(
        text.contains("`Descent.go`") && text.contains("max_call_depth"),
        "{text}"
    );
    assert!(text.contains("at most 10 calls"), "{text}");
    // Nobody else is concerned.
    assert_eq!(descent.go(10, Climber).await.unwrap(), 10);
    ends.idle().await;
}

/// What a handler of the server does with its caller's object.
#[service]
trait Asker {
    /// Calls the object so many times at once.
    async fn ask_all(&self, #[callback] answers: impl Answers, times: u32) -> Result<u32>;
    /// Asks for `first`, and meanwhile for `second`, without which `first` does not end.
    async fn ask_twice(&self, #[callback] answers: impl Answers) -> Result<()>;
    /// Tells the object so many times, then asks it.
    async fn tell(&self, #[callback] answers: impl Answers, times: u32) -> Result<u32>;
    async fn ping(&self) -> Result<()>;
    /// Asks the object, and tells it then.
    #[oneway]
    async fn ask_and_tell(&self, #[callback] answers: impl Answers) -> Result<()>;
}

#[service]
trait Answers {
    async fn number(&self, no: u32) -> Result<u32>;
    async fn first(&self) -> Result<()>;
    async fn second(&self) -> Result<()>;
    #[oneway]
    async fn told(&self) -> Result<()>;
    async fn times_told(&self) -> Result<u32>;
}

struct Asks;

impl Asker for Asks {
    async fn ask_all(&self, answers: impl Answers, times: u32) -> Result<u32> {
        let asked = (0..times).map(|no| answers.number(no));
        let numbers = futures_util::future::try_join_all(asked).await?;
        Ok(numbers.into_iter().sum())
    }

    async fn ask_twice(&self, answers: impl Answers) -> Result<()> {
        tokio::try_join!(answers.first(), answers.second())?;
        Ok(())
    }

    async fn tell(&self, answers: impl Answers, times: u32) -> Result<u32> {
        for _ in 0..times {
            answers.told().await?;
        }
        answers.times_told().await
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }

    async fn ask_and_tell(&self, answers: impl Answers) -> Result<()> {
        answers.number(1).await?;
        answers.told().await
    }
}

/// Answers only after it has called the server itself.
struct Answering {
    asker: AskerClient,
    second: Notify,
    told: Semaphore,
}

impl Answers for Answering {
    async fn number(&self, no: u32) -> Result<u32> {
        self.asker.ping().await?;
        Ok(no)
    }

    async fn first(&self) -> Result<()> {
        self.second.notified().await;
        self.asker.ping().await
    }

    async fn second(&self) -> Result<()> {
        self.asker.ping().await?;
        self.second.notify_one();
        Ok(())
    }

    async fn told(&self) -> Result<()> {
        self.told.add_permits(1);
        Ok(())
    }

    async fn times_told(&self) -> Result<u32> {
        Ok(self.told.available_permits() as u32)
    }
}

/// Everything with little credit, in every combination, and with much.
fn credits() -> Vec<Limits> {
    let mut credits = vec![Limits::default()];
    for calls in [1, 2, 3] {
        for object_calls in [1, 2] {
            for queued_bytes in [1, 4 << 20] {
                let mut limits = Limits::default();
                limits.max_calls = calls;
                limits.max_object_calls = object_calls;
                limits.max_queued_bytes = queued_bytes;
                credits.push(limits);
            }
        }
    }
    credits
}

async fn asking(over: Over, limits: Limits) -> (AskerClient, Arc<Answering>, Ends) {
    let server = Server::builder()
        .service(AskerServer::new(Asks))
        .limits(limits);
    let ends = meet(over, server, Client::builder().limits(limits)).await;
    let asker: AskerClient = ends.service();
    let answering = Arc::new(Answering {
        asker: asker.clone(),
        second: Notify::new(),
        told: Semaphore::new(0),
    });
    (asker, answering, ends)
}

async fn a_handler_calls_back_several_times_at_once(over: Over) {
    for limits in credits() {
        let (asker, answering, ends) = asking(over, limits).await;
        assert_eq!(asker.ask_all(answering.clone(), 20).await.unwrap(), 190);
        ends.idle().await;
    }
}

/// The handler's place is taken by a callback that waits for another one: that goes by credit.
async fn callbacks_wait_for_each_other(over: Over) {
    for limits in credits() {
        let (asker, answering, ends) = asking(over, limits).await;
        asker.ask_twice(answering.clone()).await.unwrap();
        ends.idle().await;
    }
}

async fn both_ends_call_and_are_called_at_once(over: Over) {
    for limits in credits() {
        let server = Server::builder()
            .service(AskerServer::new(Asks))
            .limits(limits);
        let client = Client::builder()
            .service(AskerServer::new(Asks))
            .limits(limits);
        let ends = meet(over, server, client).await;
        let sides: [AskerClient; 2] = [ends.service(), ends.session.service()];
        let mut tasks = Vec::new();
        for asker in sides {
            for _ in 0..8 {
                let asker = asker.clone();
                tasks.push(tokio::spawn(async move {
                    let answering = Arc::new(Answering {
                        asker: asker.clone(),
                        second: Notify::new(),
                        told: Semaphore::new(0),
                    });
                    assert_eq!(asker.ask_all(answering.clone(), 5).await.unwrap(), 10);
                    assert_eq!(asker.tell(answering, 5).await.unwrap(), 5);
                }));
            }
        }
        for task in tasks {
            task.await.unwrap();
        }
        ends.idle().await;
    }
}

/// Nobody waits for them, and they use credit for as long as their handlers call back.
async fn one_way_calls_call_back(over: Over) {
    for limits in credits() {
        let server = Server::builder()
            .service(AskerServer::new(Asks))
            .limits(limits);
        let client = Client::builder()
            .service(AskerServer::new(Asks))
            .limits(limits);
        let ends = meet(over, server, client).await;
        let mut tasks = Vec::new();
        for asker in [ends.service::<AskerClient>(), ends.session.service()] {
            tasks.push(tokio::spawn(async move {
                let answering = Arc::new(Answering {
                    asker: asker.clone(),
                    second: Notify::new(),
                    told: Semaphore::new(0),
                });
                for _ in 0..8 {
                    asker.ask_and_tell(answering.clone()).await.unwrap();
                }
                answering.told.acquire_many(8).await.unwrap().forget();
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        ends.idle().await;
    }
}

/// The credit for callbacks is used up by calls that hang, which others have made.
async fn one_way_calls_inside_of_a_handler_need_no_credit_of_others(over: Over) {
    #[service]
    trait Hangs {
        async fn hang(&self) -> Result<()>;
    }
    struct Hanging(Semaphore);
    impl Hangs for Hanging {
        async fn hang(&self) -> Result<()> {
            self.0.add_permits(1);
            std::future::pending().await
        }
    }

    let mut limits = Limits::default();
    limits.max_calls = 2;
    let hanging = Arc::new(Hanging(Semaphore::new(0)));
    let server = Server::builder().service(AskerServer::new(Asks));
    let client = Client::builder()
        .service(HangsServer::new(hanging.clone()))
        .limits(limits);
    let ends = meet(over, server, client).await;
    let hangs: HangsClient = ends.session.service();
    let stuck: Vec<_> = (0..2)
        .map(|_| {
            let hangs = hangs.clone();
            tokio::spawn(async move { hangs.hang().await })
        })
        .collect();
    hanging.0.acquire_many(2).await.unwrap().forget();
    let asker: AskerClient = ends.service();
    let answering = Arc::new(Answering {
        asker: asker.clone(),
        second: Notify::new(),
        told: Semaphore::new(0),
    });
    assert_eq!(asker.tell(answering.clone(), 30).await.unwrap(), 30);
    assert_eq!(asker.ask_all(answering, 30).await.unwrap(), 435);
    for call in stuck {
        call.abort();
    }
    drop(hangs);
    ends.idle().await;
}
