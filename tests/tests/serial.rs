//! `#[serial]`: the next such call on the same object starts when the one before has ended; and
//! `#[spawn]`: a task of its own.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use ringback::{Client, ErrorKind, Result, Server, service};
use ringback_tests::{Ends, Over, meet, over_both, until};
use tokio::sync::{Notify, Semaphore};

over_both!(
    serial_calls_of_an_object_do_not_overlap,
    serial_calls_of_a_service_do_not_overlap,
    two_objects_are_serial_each_for_itself,
    other_calls_do_not_wait_for_serial_ones,
    a_serial_call_that_is_cancelled_lets_the_next_one_start,
    a_serial_call_that_panics_lets_the_next_one_start,
    a_serial_call_waits_no_longer_than_its_deadline,
    a_spawned_call_holds_up_nobody,
);

#[service]
trait Steps {
    #[serial]
    async fn step(&self, no: u32) -> Result<()>;
    #[serial]
    #[oneway]
    async fn quiet_step(&self, no: u32) -> Result<()>;
    #[serial]
    async fn hang(&self) -> Result<()>;
    #[serial]
    async fn stumble(&self) -> Result<()>;
    async fn look(&self) -> Result<usize>;
}

#[service]
trait Stairs {
    async fn lend(&self, #[callback] steps: impl Steps) -> Result<()>;
}

/// Walks step by step; each takes some turns of the scheduler.
#[derive(Default)]
struct Walker {
    walking: AtomicUsize,
    most: AtomicUsize,
    walked: Mutex<Vec<u32>>,
    hangs: Notify,
}

impl Walker {
    fn begin(&self) -> Walking<'_> {
        let now = self.walking.fetch_add(1, SeqCst) + 1;
        self.most.fetch_max(now, SeqCst);
        Walking(self)
    }
}

struct Walking<'a>(&'a Walker);

impl Drop for Walking<'_> {
    fn drop(&mut self) {
        self.0.walking.fetch_sub(1, SeqCst);
    }
}

impl Steps for Walker {
    async fn step(&self, no: u32) -> Result<()> {
        let _walking = self.begin();
        for _ in 0..no % 4 {
            tokio::task::yield_now().await;
        }
        self.walked.lock().unwrap().push(no);
        Ok(())
    }

    async fn quiet_step(&self, no: u32) -> Result<()> {
        self.step(no).await
    }

    async fn hang(&self) -> Result<()> {
        let _walking = self.begin();
        self.hangs.notify_one();
        std::future::pending().await
    }

    async fn stumble(&self) -> Result<()> {
        let _walking = self.begin();
        tokio::task::yield_now().await;
        panic!("a banana skin")
    }

    async fn look(&self) -> Result<usize> {
        Ok(self.walking.load(SeqCst))
    }
}

#[derive(Default)]
struct Lends(Mutex<Vec<StepsProxy>>);

impl Stairs for Lends {
    async fn lend(&self, steps: impl Steps) -> Result<()> {
        let steps = StepsProxy::new(steps);
        self.0.lock().unwrap().push(steps);
        Ok(())
    }
}

async fn lent(over: Over, walkers: &[Arc<Walker>]) -> (Vec<StepsProxy>, Ends) {
    let lends = Arc::new(Lends::default());
    let server = Server::builder().service(StairsServer::new(lends.clone()));
    let ends = meet(over, server, Client::builder()).await;
    let stairs: StairsClient = ends.service();
    for walker in walkers {
        stairs.lend(walker.clone()).await.unwrap();
    }
    let lent = std::mem::take(&mut *lends.0.lock().unwrap());
    (lent, ends)
}

/// All calls are made at once, in order.
async fn walk(steps: &impl Steps, count: u32) {
    join_all((0..count).map(async |no| {
        if no % 2 == 0 {
            steps.step(no).await.unwrap();
        } else {
            steps.quiet_step(no).await.unwrap();
        }
    }))
    .await;
}

async fn serial_calls_of_an_object_do_not_overlap(over: Over) {
    let walker = Arc::<Walker>::default();
    let (lent, ends) = lent(over, std::slice::from_ref(&walker)).await;
    walk(&lent[0], 300).await;
    until("all steps are walked", || {
        walker.walked.lock().unwrap().len() == 300
    })
    .await;
    assert_eq!(walker.most.load(SeqCst), 1);
    assert_eq!(*walker.walked.lock().unwrap(), (0..300).collect::<Vec<_>>());
    drop(lent);
    ends.idle().await;
}

async fn serial_calls_of_a_service_do_not_overlap(over: Over) {
    let walker = Arc::<Walker>::default();
    let server = Server::builder().service(StepsServer::new(walker.clone()));
    let ends = meet(over, server, Client::builder()).await;
    walk(&ends.service::<StepsClient>(), 300).await;
    until("all steps are walked", || {
        walker.walked.lock().unwrap().len() == 300
    })
    .await;
    assert_eq!(walker.most.load(SeqCst), 1);
    assert_eq!(*walker.walked.lock().unwrap(), (0..300).collect::<Vec<_>>());
    ends.idle().await;
}

async fn two_objects_are_serial_each_for_itself(over: Over) {
    let walkers = [Arc::<Walker>::default(), Arc::default()];
    let (lent, ends) = lent(over, &walkers).await;
    let first = lent[0].clone();
    let hangs = tokio::spawn(async move { first.hang().await });
    walkers[0].hangs.notified().await;
    walk(&lent[1], 20).await;
    assert_eq!(walkers[0].walked.lock().unwrap().len(), 0);
    hangs.abort();
    walk(&lent[0], 20).await;
    drop(lent);
    ends.idle().await;
}

async fn other_calls_do_not_wait_for_serial_ones(over: Over) {
    let walker = Arc::<Walker>::default();
    let (lent, _ends) = lent(over, std::slice::from_ref(&walker)).await;
    let proxy = lent[0].clone();
    let hangs = tokio::spawn(async move { proxy.hang().await });
    walker.hangs.notified().await;
    assert_eq!(lent[0].look().await.unwrap(), 1);
    hangs.abort();
}

async fn a_serial_call_that_is_cancelled_lets_the_next_one_start(over: Over) {
    let walker = Arc::<Walker>::default();
    let (lent, ends) = lent(over, std::slice::from_ref(&walker)).await;
    let spawn_hang = || {
        let proxy = lent[0].clone();
        tokio::spawn(async move { proxy.hang().await })
    };
    let (first, second) = (spawn_hang(), spawn_hang());
    walker.hangs.notified().await;
    let proxy = lent[0].clone();
    let third = tokio::spawn(async move { proxy.step(7).await });
    // The one that runs, and one that has not begun.
    first.abort();
    second.abort();
    third.await.unwrap().unwrap();
    assert_eq!(*walker.walked.lock().unwrap(), [7]);
    assert_eq!(walker.most.load(SeqCst), 1);
    drop(lent);
    ends.idle().await;
}

async fn a_serial_call_that_panics_lets_the_next_one_start(over: Over) {
    let walker = Arc::<Walker>::default();
    let (lent, _ends) = lent(over, std::slice::from_ref(&walker)).await;
    let (stumbled, walked) = tokio::join!(lent[0].stumble(), lent[0].step(7));
    assert_eq!(stumbled.unwrap_err().kind(), ErrorKind::Panicked);
    walked.unwrap();
    assert_eq!(walker.most.load(SeqCst), 1);
}

async fn a_serial_call_waits_no_longer_than_its_deadline(over: Over) {
    let walker = Arc::<Walker>::default();
    let (lent, ends) = lent(over, std::slice::from_ref(&walker)).await;
    let proxy = lent[0].clone();
    let hangs = tokio::spawn(async move { proxy.hang().await });
    walker.hangs.notified().await;
    let hasty = lent[0].with_timeout(Duration::from_millis(20));
    assert_eq!(hasty.step(7).await.unwrap_err().kind(), ErrorKind::Timeout);
    hangs.abort();
    lent[0].step(8).await.unwrap();
    assert_eq!(
        *walker.walked.lock().unwrap(),
        [8],
        "the late one never started"
    );
    drop((hasty, lent));
    ends.idle().await;
}

#[service]
trait Sums {
    #[spawn]
    async fn long(&self) -> Result<()>;
    async fn short(&self) -> Result<()>;
}

/// Computes without ever waiting: until it is told that it may end.
struct Computes {
    begun: Semaphore,
    may_end: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
}

impl Sums for Computes {
    async fn long(&self) -> Result<()> {
        self.begun.add_permits(1);
        self.may_end.lock().unwrap().recv().unwrap();
        Ok(())
    }

    async fn short(&self) -> Result<()> {
        Ok(())
    }
}

async fn a_spawned_call_holds_up_nobody(over: Over) {
    let (end, may_end) = std::sync::mpsc::channel();
    let computes = Arc::new(Computes {
        begun: Semaphore::new(0),
        may_end: std::sync::Mutex::new(may_end),
    });
    let server = Server::builder().service(SumsServer::new(computes.clone()));
    let ends = meet(over, server, Client::builder()).await;
    let sums: SumsClient = ends.service();
    let long = tokio::spawn({
        let sums = sums.clone();
        async move { sums.long().await }
    });
    computes.begun.acquire().await.unwrap().forget();
    // One of the two workers computes; the connection goes on.
    for _ in 0..50 {
        sums.short().await.unwrap();
    }
    end.send(()).unwrap();
    long.await.unwrap().unwrap();
    ends.idle().await;
}
