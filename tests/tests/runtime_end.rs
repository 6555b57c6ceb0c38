//! A runtime ends with its sessions still open: it takes along all that ran on it.

use std::sync::Arc;

use ringback::transport::memory;
use ringback::{Client, ErrorKind, Result, Server, service};
use ringback_tests::keeper::{Keeper, KeeperClient, Shelf};
use ringback_tests::living::Life;
use ringback_tests::services::{Listener, ListenerProxy};
use ringback_tests::{Living, until};
use tokio::runtime::{Builder, Runtime};

/// Counts itself and its handlers, none of which ends by itself.
struct Waits {
    objects: Living,
    handlers: Living,
    _life: Life,
}

impl Listener for Waits {
    async fn changed(&self, _msg: String) -> Result<()> {
        let _life = self.handlers.one();
        std::future::pending().await
    }
}

impl Waits {
    fn new() -> Self {
        let objects = Living::default();
        Self {
            _life: objects.one(),
            objects,
            handlers: Living::default(),
        }
    }
}

fn runtimes() -> [Runtime; 2] {
    [Builder::new_current_thread(), Builder::new_multi_thread()]
        .map(|mut builder| builder.enable_all().build().expect("a runtime"))
}

/// Calls a listener whose handlers wait, and gives the counts of both once they do.
async fn leave_handlers_waiting() -> (Living, Living) {
    let (_shelf, server) = Shelf::serve();
    let (here, there) = memory::pair();
    let (session, client) =
        tokio::join!(server.serve_io(there), Client::builder().connect_io(here));
    let (session, client) = (session.unwrap(), client.unwrap());
    let listener = Waits::new();
    let (objects, handlers) = (listener.objects.clone(), listener.handlers.clone());
    let keeper: KeeperClient = client.service();
    let listener = ListenerProxy::new(Arc::new(listener));
    for _ in 0..3 {
        let (keeper, listener) = (keeper.clone(), listener.clone());
        tokio::spawn(async move { keeper.tell(listener, "wait".into()).await });
    }
    until("all of them wait", || handlers.count() == 3).await;
    // Nobody closes the session: what holds it goes with the runtime.
    tokio::spawn(async move {
        std::future::pending::<()>().await;
        drop((session, client));
    });
    (objects, handlers)
}

#[test]
fn the_handlers_of_an_object_end_with_their_runtime() {
    for runtime in runtimes() {
        let (objects, handlers) = runtime.block_on(leave_handlers_waiting());
        assert_eq!((objects.count(), handlers.count()), (1, 3));
        drop(runtime);
        assert_eq!((objects.count(), handlers.count()), (0, 0));
    }
}

#[service]
trait Patient {
    async fn wait(&self) -> Result<()>;
}

impl Patient for Living {
    async fn wait(&self) -> Result<()> {
        let _life = self.one();
        std::future::pending().await
    }
}

/// A second signal has `run` return before the connections have ended, and the runtime ends with the program. A
/// handler that goes with it must not answer that it was cancelled.
#[test]
fn calls_to_a_server_that_closed_before_its_runtime_ended_fail_as_closed() {
    let clients = Builder::new_multi_thread().enable_all().build().unwrap();
    for runtime in (0..20).flat_map(|_| runtimes()) {
        let waiting = Living::default();
        let server = Server::builder().service(PatientServer::new(waiting.clone()));
        let server = runtime.block_on(server.bind("127.0.0.1:0")).unwrap();
        let (address, handle) = (server.local_addr(), server.handle());
        runtime.spawn(server.run());
        let call =
            clients.spawn(async move { PatientClient::connect(address).await?.wait().await });
        runtime.block_on(until("it waits, and the server knows the session", || {
            waiting.count() == 1 && handle.sessions().len() == 1
        }));
        handle.close();
        drop(runtime);
        let error = clients.block_on(call).unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
    }
}
