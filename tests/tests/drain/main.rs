//! A server, or a client, that leaves when what is in flight has finished.

mod links;
mod listener;
mod opened;
mod stage;

use std::sync::Arc;
use std::time::{Duration, Instant};

use ringback::{Callback, Client, ErrorKind, Limits, Server};
use ringback_tests::run::run;
use ringback_tests::{Over, meet, over_both, until};
use tokio::sync::Notify;

use crate::stage::{
    LONG, Stage, Work, WorkClient, WorkServer, Worker, assert_leaving, call_slow, first_refusal,
};

over_both!(
    what_is_in_flight_finishes_and_nothing_new_begins,
    a_handler_goes_on_calling_back,
    a_handler_of_one_session_calls_objects_of_another,
    callbacks_of_the_servers_own_finish,
    one_way_calls_finish,
    a_call_that_crosses_the_goaway_is_served,
    what_takes_too_long_is_told,
    a_client_that_shuts_down_lets_both_directions_finish,
    a_server_without_work_ends_at_once,
);

async fn what_is_in_flight_finishes_and_nothing_new_begins(over: Over) {
    let mut stage = Stage::set(over).await;
    let (ends, work) = stage.connect().await;
    let slow = call_slow(&work);
    stage.begun.recv().await.unwrap();
    let ending = stage.shut_down(LONG);
    assert_leaving(&first_refusal(&work).await);
    assert!(!slow.is_finished() && !ending.is_finished());
    assert!(!ends.client.session().is_closed());

    stage.worker.go_on.add_permits(1);
    assert_eq!(slow.await.unwrap().unwrap(), 7);
    ending.await.unwrap();
    assert_leaving(&ends.client.session().closed().await);
    let why = ends.session.closed().await;
    assert!(why.to_string().contains("all was done"), "{why}");
    assert!(stage.serving.handle().sessions().is_empty());
    ends.idle().await;
}

async fn a_handler_goes_on_calling_back(over: Over) {
    let mut stage = Stage::set(over).await;
    let (_ends, work) = stage.connect().await;
    let ask = tokio::spawn({
        let work = work.clone();
        async move { work.question(async |no: u32| Ok(no * 2), 100).await }
    });
    stage.begun.recv().await.unwrap();
    let ending = stage.shut_down(LONG);
    assert_leaving(&first_refusal(&work).await);
    stage.worker.go_on.add_permits(1);
    assert_eq!(ask.await.unwrap().unwrap(), 9900);
    ending.await.unwrap();
}

/// Its own session has nothing in flight, and is kept for it.
async fn a_handler_of_one_session_calls_objects_of_another(over: Over) {
    let mut stage = Stage::set(over).await;
    let (_caller, work) = stage.connect().await;
    let (_listener, other) = stage.connect().await;
    for _ in 0..3 {
        other.keep(async |value: u32| Ok(value)).await.unwrap();
    }
    let tell = tokio::spawn({
        let work = work.clone();
        async move { work.tell_all(5).await }
    });
    stage.begun.recv().await.unwrap();
    let ending = stage.shut_down(LONG);
    assert_leaving(&first_refusal(&work).await);
    assert_leaving(&first_refusal(&other).await);
    stage.worker.go_on.add_permits(1);
    assert_eq!(tell.await.unwrap().unwrap(), 15);
    ending.await.unwrap();
}

async fn callbacks_of_the_servers_own_finish(over: Over) {
    let stage = Stage::set(over).await;
    let (_ends, work) = stage.connect().await;
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let listener = {
        let (begun, go_on) = (begun.clone(), go_on.clone());
        async move |value: u32| {
            begun.notify_one();
            go_on.notified().await;
            Ok(value + 1)
        }
    };
    work.keep(listener).await.unwrap();
    let kept = stage.worker.kept.lock().unwrap()[0].clone();
    let call = tokio::spawn({
        let kept = kept.clone();
        async move { kept.call(1).await }
    });
    begun.notified().await;
    let ending = stage.shut_down(LONG);
    assert_leaving(&first_refusal(&work).await);
    // When all is served, the server begins nothing new either.
    let error = loop {
        let attempt = kept.call(2);
        tokio::pin!(attempt);
        match futures_util::poll!(&mut attempt) {
            std::task::Poll::Ready(result) => break result.unwrap_err(),
            std::task::Poll::Pending => tokio::task::yield_now().await,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Closed);
    let text = error.to_string();
    assert!(text.contains("this end is leaving"), "{text}");
    assert!(!call.is_finished() && !ending.is_finished());
    go_on.notify_waiters();
    go_on.notify_one();
    assert_eq!(call.await.unwrap().unwrap(), 2);
    ending.await.unwrap();
}

async fn one_way_calls_finish(over: Over) {
    let mut stage = Stage::set(over).await;
    let (_ends, work) = stage.connect().await;
    for _ in 0..3 {
        work.slow_quietly().await.unwrap();
        stage.begun.recv().await.unwrap();
    }
    let ending = stage.shut_down(LONG);
    assert_leaving(&first_refusal(&work).await);
    stage.worker.go_on.add_permits(3);
    ending.await.unwrap();
    assert_eq!(*stage.worker.ended.lock().unwrap(), 3);
}

/// Calls are made all the time; each is either answered or refused.
async fn a_call_that_crosses_the_goaway_is_served(over: Over) {
    for _ in 0..20 {
        let stage = Stage::set(over).await;
        let (_ends, work) = stage.connect().await;
        let callers: Vec<_> = (0..8)
            .map(|_| {
                let work = work.clone();
                tokio::spawn(async move { first_refusal(&work).await })
            })
            .collect();
        work.quick().await.unwrap();
        stage.shut_down(LONG).await.unwrap();
        for caller in callers {
            assert_leaving(&caller.await.unwrap());
        }
    }
}

async fn what_takes_too_long_is_told(over: Over) {
    let mut stage = Stage::set(over).await;
    let (ends, work) = stage.connect().await;
    let slow = call_slow(&work);
    stage.begun.recv().await.unwrap();
    let start = Instant::now();
    stage.shut_down(Duration::from_millis(200)).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert_leaving(&slow.await.unwrap().unwrap_err());
    let why = ends.session.closed().await;
    assert!(why.to_string().contains("its time was over"), "{why}");
    ends.idle().await;
}

async fn a_client_that_shuts_down_lets_both_directions_finish(over: Over) {
    let mut stage = Stage::set(over).await;
    let (ends, work) = stage.connect().await;
    let ask = tokio::spawn({
        let work = work.clone();
        async move { work.question(async |no: u32| Ok(no + 1), 3).await }
    });
    stage.begun.recv().await.unwrap();
    work.keep(async |value: u32| Ok(value)).await.unwrap();
    let leaving = tokio::spawn({
        let client = ends.client.clone();
        async move { client.shutdown(LONG).await }
    });
    let error = first_refusal(&work).await;
    assert_eq!(error.kind(), ErrorKind::Closed);
    let text = error.to_string();
    assert!(text.contains("this end is leaving"), "{text}");
    // The server calls no more on its own account.
    let kept = stage.worker.kept.lock().unwrap()[0].clone();
    let error = loop {
        if let Err(error) = kept.call(1).await {
            break error;
        }
    };
    let text = error.to_string();
    assert!(text.contains("the peer is leaving"), "{text}");
    assert!(!leaving.is_finished());
    stage.worker.go_on.add_permits(1);
    assert_eq!(ask.await.unwrap().unwrap(), 6);
    leaving.await.unwrap();
    assert!(ends.client.session().is_closed());
    stage.worker.kept.lock().unwrap().clear();
    drop(kept);
    ends.idle().await;
}

async fn a_server_without_work_ends_at_once(over: Over) {
    let stage = Stage::set(over).await;
    let (_ends, work) = stage.connect().await;
    work.quick().await.unwrap();
    let start = Instant::now();
    stage.shut_down(LONG).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(10));
}

/// The limits of one session's credit do not keep it from ending.
#[test]
fn calls_that_wait_for_credit_are_told() {
    run(async {
        let mut limits = Limits::default();
        limits.max_calls = 1;
        let (worker, mut begun) = Worker::new();
        let server = Server::builder()
            .limits(limits)
            .service(WorkServer::new(Arc::clone(&worker)));
        let ends = meet(Over::Tcp, server, Client::builder()).await;
        let work: WorkClient = ends.service();
        let calls: Vec<_> = (0..5).map(|_| call_slow(&work)).collect();
        begun.recv().await.unwrap();
        until("four wait", || {
            ends.client.session().stats().calls_in_flight == 5
        })
        .await;
        let handle = ends.serving().handle().clone();
        let ending = tokio::spawn(async move { handle.shutdown(LONG).await });
        until("they were told", || {
            calls.iter().filter(|call| call.is_finished()).count() == 4
        })
        .await;
        worker.go_on.add_permits(1);
        ending.await.unwrap();
        let mut answered = 0;
        for call in calls {
            match call.await.unwrap() {
                Ok(seven) => answered += seven,
                Err(error) => assert_leaving(&error),
            }
        }
        assert_eq!(answered, 7);
    });
}
