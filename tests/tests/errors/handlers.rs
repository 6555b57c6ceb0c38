//! What a handler fails with, and what is the caller's own.

use std::error::Error as _;
use std::time::Duration;

use ringback::{Client, Error, ErrorKind, Result, Server, service};
use ringback_tests::keeper::{Keeper, KeeperClient};
use ringback_tests::services::Listener;
use ringback_tests::{Ends, Over, meet, over_both};

use crate::is;

over_both!(
    errors_of_a_handler_keep_their_kind,
    relayed_errors_are_remote,
    a_callers_own_errors_are_not_remote,
    structs_as_arrays_carry_errors_too,
);

#[service]
trait Fails {
    async fn fail(&self, with: String) -> Result<()>;
    async fn relay(&self, #[callback] listener: impl Listener) -> Result<()>;
    /// Calls a service that its caller does not have.
    async fn reach(&self) -> Result<()>;
    async fn hang(&self) -> Result<()>;
}

struct Failing;

impl Fails for Failing {
    async fn fail(&self, with: String) -> Result<()> {
        match &*with {
            "io" => std::fs::read_to_string("/no such file")
                .map(drop)
                .map_err(Error::application),
            "parse" => "many".parse::<u8>().map(drop).map_err(Error::application),
            "source" => {
                let cause = std::io::Error::other("disk full");
                Err(Error::new(ErrorKind::Overloaded, "no more orders").with_source(cause))
            }
            "revoked" => Err(Error::new(ErrorKind::Revoked, "not for you")),
            "closed" => Err(Error::new(ErrorKind::Closed, "the shop is closed")),
            other => Err(Error::application(format!("what is {other}?"))),
        }
    }

    async fn relay(&self, listener: impl Listener) -> Result<()> {
        listener.changed("relayed".into()).await
    }

    async fn reach(&self) -> Result<()> {
        let session = ringback::context().session().unwrap();
        session.service::<KeeperClient>().kept().await.map(drop)
    }

    async fn hang(&self) -> Result<()> {
        std::future::pending().await
    }
}

async fn failing(over: Over) -> (FailsClient, Ends) {
    let server = Server::builder().service(FailsServer::new(Failing));
    let ends = meet(over, server, Client::builder()).await;
    (ends.service(), ends)
}

async fn errors_of_a_handler_keep_their_kind(over: Over) {
    let (fails, ends) = failing(over).await;
    for (with, kind, text) in [
        ("io", ErrorKind::Application, "No such file"),
        ("parse", ErrorKind::Application, "invalid digit"),
        ("source", ErrorKind::Overloaded, "no more orders: disk full"),
        ("revoked", ErrorKind::Revoked, "not for you"),
        ("closed", ErrorKind::Closed, "the shop is closed"),
        ("wood", ErrorKind::Application, "what is wood?"),
    ] {
        let error = fails.fail(with.into()).await.unwrap_err();
        is(&error, kind, &[text]);
        assert!(error.is_remote(), "{error:?}");
    }
    // A `Closed` of the handler's says nothing of the connection.
    assert!(!ends.client.session().is_closed());
    ends.idle().await;
}

async fn relayed_errors_are_remote(over: Over) {
    let (fails, ends) = failing(over).await;
    let listener = async |_msg: String| Err(Error::new(ErrorKind::Timeout, "no time"));
    let error = fails.relay(listener).await.unwrap_err();
    is(&error, ErrorKind::Timeout, &["no time"]);
    assert!(error.is_remote());
    let error = fails.reach().await.unwrap_err();
    is(&error, ErrorKind::UnknownService, &["`Keeper`"]);
    assert!(error.is_remote());
    let listener = async |_msg: String| -> Result<()> { panic!("relayed") };
    let error = fails.relay(listener).await.unwrap_err();
    is(
        &error,
        ErrorKind::Panicked,
        &["`Listener.changed`", "relayed"],
    );
    assert!(error.is_remote());
    ends.idle().await;
}

async fn a_callers_own_errors_are_not_remote(over: Over) {
    let (fails, ends) = failing(over).await;
    let hasty = fails.with_timeout(Duration::from_millis(10));
    let error = hasty.hang().await.unwrap_err();
    is(&error, ErrorKind::Timeout, &["`Fails.hang`"]);
    assert!(!error.is_remote());
    let call = tokio::spawn({
        let fails = fails.clone();
        async move { fails.hang().await }
    });
    ringback_tests::until("it hangs", || ends.session.stats().calls_served == 1).await;
    ends.client.close();
    let error = call.await.unwrap().unwrap_err();
    is(
        &error,
        ErrorKind::Closed,
        &["`Fails.hang`", "closed by this end"],
    );
    assert!(!error.is_remote());
    assert!(
        error.source().is_some(),
        "the session's own error caused it"
    );
}

async fn structs_as_arrays_carry_errors_too(over: Over) {
    let server = Server::builder()
        .service(FailsServer::new(Failing))
        .compact(true);
    let ends = meet(over, server, Client::builder().compact(true)).await;
    let fails: FailsClient = ends.service();
    let error = fails.fail("source".into()).await.unwrap_err();
    is(
        &error,
        ErrorKind::Overloaded,
        &["no more orders: disk full"],
    );
}
