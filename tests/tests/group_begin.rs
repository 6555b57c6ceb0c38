//! A call to a group is made at every member before any of them is waited for.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use futures_util::poll;
use ringback::{Callback, CallbackProxy, Group, Result, service};

#[service(group)]
trait Listener {
    async fn changed(&self, no: u32) -> Result<()>;
}

/// Lets others run some times, by waking itself.
#[derive(Clone, Default)]
struct StepsBack(Arc<Mutex<Vec<u32>>>);

impl Listener for StepsBack {
    async fn changed(&self, no: u32) -> Result<()> {
        self.0.lock().unwrap().push(no);
        let mut left = 3;
        poll_fn(|cx| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        Ok(())
    }
}

#[tokio::test]
async fn members_of_this_process_begin_calls_in_their_order() {
    let group = Group::new();
    let all = [(); 5].map(|()| StepsBack::default());
    for (no, listener) in all.iter().enumerate() {
        group.insert(no, ListenerProxy::new(listener.clone()));
    }
    let mut first = pin!(group.changed(1));
    assert!(poll!(first.as_mut()).is_pending(), "it is made, and waits");
    group.changed(2).await.unwrap();
    first.await.unwrap();
    for listener in &all {
        assert_eq!(*listener.0.lock().unwrap(), [1, 2]);
    }
}

#[tokio::test]
async fn all_are_asked_before_the_first_answer_is_taken() {
    let group = Group::new();
    let asked = Arc::new(AtomicUsize::new(0));
    for no in 0..3 {
        let count = asked.clone();
        let double = async move |number: u32| {
            count.fetch_add(1, SeqCst);
            Ok(number * 2)
        };
        group.insert(no, CallbackProxy::new(double));
    }
    let mut answers = group.ask(async |double| double.call(21).await);
    assert_eq!((answers.len(), asked.load(SeqCst)), (3, 0));
    for left in [2, 1, 0] {
        let (_, answer) = answers.next().await.unwrap();
        assert_eq!(answer.unwrap(), 42);
        assert_eq!((answers.len(), asked.load(SeqCst)), (left, 3));
    }
    assert!(answers.next().await.is_none() && answers.is_empty());
}
