//! Cap'n Proto, whose callbacks are capabilities. Its futures are not `Send`, so each end is one thread.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use capnp::Error;
use capnp_rpc::rpc_twoparty_capnp::Side;
use capnp_rpc::twoparty::VatNetwork;
use capnp_rpc::{RpcSystem, new_client};
use futures::AsyncReadExt;
use futures::io::{BufReader, BufWriter};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;
use tokio_util::compat::TokioAsyncReadCompatExt;

use super::{Client, Load, Outcome, Peer, Sink, Threads};
use crate::item::Item;
use crate::measure::failures;

#[allow(
    clippy::all,
    clippy::unimplemented,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    rust_2018_idioms,
    reason = "generated"
)]
mod bench_capnp {
    include!(concat!(env!("OUT_DIR"), "/schema/bench_capnp.rs"));
}
use bench_capnp::{bench, item, listener, oracle};

fn write(mut to: item::Builder<'_>, item: &Item) {
    to.set_id(item.id);
    to.set_text(&item.text);
}

fn read(from: item::Reader<'_>) -> Result<Item, Error> {
    Ok(Item {
        id: from.get_id(),
        text: from.get_text()?.to_string()?,
    })
}

#[derive(Default)]
struct Provider {
    held: RefCell<Vec<listener::Client>>,
}

impl bench::Server for Provider {
    async fn echo(
        self: Rc<Self>,
        params: bench::EchoParams,
        mut results: bench::EchoResults,
    ) -> Result<(), Error> {
        results.get().set_item(params.get()?.get_item()?)
    }

    async fn echo_bytes(
        self: Rc<Self>,
        params: bench::EchoBytesParams,
        mut results: bench::EchoBytesResults,
    ) -> Result<(), Error> {
        results.get().set_bytes(params.get()?.get_bytes()?);
        Ok(())
    }

    async fn register(
        self: Rc<Self>,
        params: bench::RegisterParams,
        _: bench::RegisterResults,
    ) -> Result<(), Error> {
        let listener = params.get()?.get_listener()?;
        self.held.borrow_mut().push(listener);
        Ok(())
    }

    async fn push(
        self: Rc<Self>,
        params: bench::PushParams,
        _: bench::PushResults,
    ) -> Result<(), Error> {
        let events = params.get()?.get_events();
        let held = self.held.borrow().clone();
        for id in 0..events {
            for listener in &held {
                let mut request = listener.event_request();
                write(request.get().init_item(), &Item::new(id));
                request.send().await?; // as soon as there is room
            }
        }
        Ok(())
    }

    async fn question(
        self: Rc<Self>,
        params: bench::QuestionParams,
        _: bench::QuestionResults,
    ) -> Result<(), Error> {
        let params = params.get()?;
        let oracle = params.get_oracle()?;
        let asked = Load::new(params.get_callers(), params.get_calls()).spread(|mut load| {
            let oracle = oracle.clone();
            spawn_local(async move {
                while let Some(item) = load.next() {
                    load.answered(ask(&oracle, &item).await?);
                }
                Ok(load)
            })
        });
        asked.await.map_err(|why| Error::failed(why.to_string()))?;
        Ok(())
    }

    async fn hang(
        self: Rc<Self>,
        params: bench::HangParams,
        _: bench::HangResults,
    ) -> Result<(), Error> {
        let params = params.get()?;
        let oracle = params.get_oracle()?;
        for _ in 0..params.get_calls() {
            let oracle = oracle.clone();
            spawn_local(async move {
                let answer = ask(&oracle, &Item::new(0)).await;
                failures::note(answer.is_err());
            });
        }
        Ok(())
    }
}

async fn ask(oracle: &oracle::Client, item: &Item) -> Result<Item, Error> {
    let mut request = oracle.answer_request();
    write(request.get().init_item(), item);
    let response = request.send().promise.await?;
    read(response.get()?.get_item()?)
}

/// The two-party system of one connection, to be run by `spawn_local`.
fn system(
    stream: TcpStream,
    side: Side,
    bootstrap: Option<capnp::capability::Client>,
) -> Outcome<RpcSystem<Side>> {
    stream.set_nodelay(true)?;
    let (reader, writer) = stream.compat().split();
    let network = VatNetwork::new(
        BufReader::new(reader),
        BufWriter::new(writer),
        side,
        capnp::message::ReaderOptions::default(),
    );
    Ok(RpcSystem::new(Box::new(network), bootstrap))
}

pub(crate) struct Capnp;

impl Peer for Capnp {
    const NAME: &'static str = "capnp";
    const THREADS: Threads = Threads::One;
    type Client = CapnpClient;

    async fn serve(ready: impl FnOnce(SocketAddr)) -> Outcome<()> {
        let bench: bench::Client = new_client(Provider::default());
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        ready(listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            spawn_local(system(stream, Side::Server, Some(bench.clone().client))?);
        }
    }

    async fn connect(address: SocketAddr) -> Outcome<CapnpClient> {
        let stream = TcpStream::connect(address).await?;
        let mut system = system(stream, Side::Client, None)?;
        let bench = system.bootstrap(Side::Server);
        spawn_local(system);
        Ok(CapnpClient(bench))
    }
}

/// An object of the client.
struct Counting(Arc<Sink>);

impl listener::Server for Counting {
    async fn event(self: Rc<Self>, params: listener::EventParams) -> Result<(), Error> {
        self.0.take(read(params.get()?.get_item()?)?);
        Ok(())
    }
}

/// Without a sink it answers at once, else never.
struct Asked(Option<Arc<Sink>>);

impl oracle::Server for Asked {
    async fn answer(
        self: Rc<Self>,
        params: oracle::AnswerParams,
        mut results: oracle::AnswerResults,
    ) -> Result<(), Error> {
        let item = params.get()?.get_item()?;
        match &self.0 {
            None => results.get().set_item(item),
            Some(sink) => {
                sink.take(read(item)?);
                std::future::pending().await
            }
        }
    }
}

#[derive(Clone)]
pub(crate) struct CapnpClient(bench::Client);

impl Client for CapnpClient {
    async fn call(&self, load: Load) -> Outcome<Load> {
        load.spread(|mut load| {
            let bench = self.0.clone();
            spawn_local(async move {
                while let Some(item) = load.next() {
                    let mut request = bench.echo_request();
                    write(request.get().init_item(), &item);
                    let response = request.send().promise.await?;
                    load.answered(read(response.get()?.get_item()?)?);
                }
                Ok(load)
            })
        })
        .await
    }

    async fn echo_bytes(&self, bytes: Arc<Vec<u8>>, times: u64) -> Outcome<()> {
        for _ in 0..times {
            let mut request = self.0.echo_bytes_request();
            request.get().set_bytes(&bytes);
            let response = request.send().promise.await?;
            let back = response.get()?.get_bytes()?.to_vec();
            assert_eq!(back.len(), bytes.len());
        }
        Ok(())
    }

    async fn register(&self, sink: Arc<Sink>) -> Outcome<()> {
        let mut request = self.0.register_request();
        request.get().set_listener(new_client(Counting(sink)));
        request.send().promise.await?;
        Ok(())
    }

    async fn push(&self, events: u64) -> Outcome<()> {
        let mut request = self.0.push_request();
        request.get().set_events(events);
        request.send().promise.await?;
        Ok(())
    }

    async fn ask(&self, load: Load) -> Outcome<()> {
        let mut request = self.0.question_request();
        let mut params = request.get();
        params.set_callers(load.callers);
        params.set_calls(load.calls);
        params.set_oracle(new_client(Asked(None)));
        request.send().promise.await?;
        Ok(())
    }

    async fn hang(&self, calls: u64, sink: Arc<Sink>) -> Outcome<()> {
        let mut request = self.0.hang_request();
        let mut params = request.get();
        params.set_calls(calls);
        params.set_oracle(new_client(Asked(Some(sink))));
        request.send().promise.await?;
        Ok(())
    }
}
