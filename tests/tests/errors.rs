//! Each way to fail has a kind of its own, and a message that names what it is about.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use ringback::{Client, Error, ErrorKind, Result, Server, service};
use ringback_tests::keeper::{Keeper, KeeperClient, Shelf};
use ringback_tests::services::Listener;
use ringback_tests::{Ends, Over, meet, over_both};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

over_both!(
    what_is_not_there_is_named,
    arguments_of_another_version_are_told_apart,
    an_answer_of_another_version_is_told_apart,
    values_that_cannot_be_written_are_named,
    application_errors_cross_as_what_they_are,
    errors_of_a_handler_keep_their_kind,
    relayed_errors_are_remote,
    a_callers_own_errors_are_not_remote,
    structs_as_arrays_carry_errors_too,
);

/// A shop, as its server knows it.
mod shop {
    use super::*;

    #[service(name = "Shop")]
    pub(super) trait Shop {
        async fn price(&self, item: String, count: u32) -> Result<u32>;
        async fn order(&self, order: Order) -> Result<Receipt>;
        async fn close(&self) -> Result<()>;
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub(super) struct Order {
        pub(super) item: String,
        pub(super) count: u32,
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub(super) struct Receipt {
        pub(super) total: u32,
    }
}

/// The same, as a client of another version knows it.
mod other {
    use super::*;

    #[service(name = "Shop")]
    pub(super) trait Shop {
        /// There, it takes a number as well.
        async fn price(&self, item: String) -> Result<u32>;
        /// There, the count is a number.
        async fn order(&self, order: Order) -> Result<Receipt>;
        /// There, there is none.
        async fn open(&self) -> Result<()>;
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub(super) struct Order {
        pub(super) item: String,
        pub(super) count: String,
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub(super) struct Receipt {
        pub(super) number: u32,
    }

    /// With a field more, which has a default, and one less.
    #[service(name = "Shop")]
    pub(super) trait Later {
        async fn order(&self, order: LaterOrder) -> Result<LaterReceipt>;
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub(super) struct LaterOrder {
        pub(super) note: Option<String>,
        pub(super) count: u32,
        pub(super) item: String,
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub(super) struct LaterReceipt {
        #[serde(default)]
        pub(super) number: u32,
        pub(super) total: u32,
    }
}

struct Corner;

impl shop::Shop for Corner {
    async fn price(&self, item: String, count: u32) -> Result<u32> {
        Ok(item.len() as u32 * count)
    }

    async fn order(&self, order: shop::Order) -> Result<shop::Receipt> {
        let total = self.price(order.item, order.count).await?;
        Ok(shop::Receipt { total })
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

async fn corner(over: Over) -> Ends {
    let server = Server::builder().service(shop::ShopServer::new(Corner));
    meet(over, server, Client::builder()).await
}

/// Checks an error of the runtime: its kind, and what its message speaks of.
fn is(error: &Error, kind: ErrorKind, parts: &[&str]) {
    assert_eq!(error.kind(), kind, "{error:?}");
    let text = error.to_string();
    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
}

async fn what_is_not_there_is_named(over: Over) {
    use other::Shop as _;

    let ends = corner(over).await;
    let keeper: KeeperClient = ends.service();
    let error = keeper.kept().await.unwrap_err();
    is(
        &error,
        ErrorKind::UnknownService,
        &["`Keeper.kept`", "no service `Keeper`", "`Shop`"],
    );
    let shop: other::ShopClient = ends.service();
    let error = shop.open().await.unwrap_err();
    is(
        &error,
        ErrorKind::UnknownMethod,
        &["`Shop.open`", "`Shop` has no method"],
    );
}

async fn arguments_of_another_version_are_told_apart(over: Over) {
    let ends = corner(over).await;
    let shop: other::ShopClient = ends.service();
    let error = other::Shop::price(&shop, "tea".into()).await.unwrap_err();
    is(
        &error,
        ErrorKind::Decode,
        &["`Shop.price` takes 2 arguments", "1 were sent"],
    );
    let order = other::Order {
        item: "tea".into(),
        count: "two".into(),
    };
    let error = other::Shop::order(&shop, order).await.unwrap_err();
    is(
        &error,
        ErrorKind::Decode,
        &["argument `order` of `Shop.order`"],
    );

    // A field with a default is no other version, nor is the order of fields.
    let later: other::LaterClient = ends.service();
    let order = other::LaterOrder {
        item: "tea".into(),
        count: 2,
        note: Some("no sugar".into()),
    };
    let receipt = other::Later::order(&later, order).await.unwrap();
    assert_eq!((receipt.total, receipt.number), (6, 0));
    ends.idle().await;
}

async fn an_answer_of_another_version_is_told_apart(over: Over) {
    #[service(name = "Shop")]
    trait Misread {
        async fn order(&self, order: shop::Order) -> Result<other::Receipt>;
        async fn price(&self, item: String, count: u32) -> Result<String>;
    }

    let ends = corner(over).await;
    let shop: MisreadClient = ends.service();
    let order = shop::Order {
        item: "tea".into(),
        count: 2,
    };
    let error = shop.order(order).await.unwrap_err();
    is(
        &error,
        ErrorKind::Decode,
        &["the answer of `Shop.order`", "number"],
    );
    let error = shop.price("tea".into(), 2).await.unwrap_err();
    is(
        &error,
        ErrorKind::Decode,
        &["the answer of `Shop.price`", "string"],
    );
    assert!(!error.is_remote());
    ends.idle().await;
}

async fn values_that_cannot_be_written_are_named(over: Over) {
    /// Refuses to be written, on one side or the other.
    #[derive(Debug, Deserialize)]
    struct Secret(bool);
    impl Serialize for Secret {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            if self.0 {
                return Err(serde::ser::Error::custom("it is a secret"));
            }
            serializer.serialize_bool(true)
        }
    }
    #[service]
    trait Spy {
        async fn tell(&self, code: u8, secret: Secret) -> Result<()>;
        async fn learn(&self) -> Result<Secret>;
    }
    struct Spies;
    impl Spy for Spies {
        async fn tell(&self, _code: u8, _secret: Secret) -> Result<()> {
            Ok(())
        }
        async fn learn(&self) -> Result<Secret> {
            Ok(Secret(true))
        }
    }

    let server = Server::builder().service(SpyServer::new(Spies));
    let ends = meet(over, server, Client::builder()).await;
    let spy: SpyClient = ends.service();
    let error = spy.tell(7, Secret(true)).await.unwrap_err();
    is(
        &error,
        ErrorKind::Encode,
        &["argument `secret` of `Spy.tell`", "it is a secret"],
    );
    let error = spy.learn().await.unwrap_err();
    is(
        &error,
        ErrorKind::Encode,
        &["the answer of `Spy.learn`", "it is a secret"],
    );
    spy.tell(7, Secret(false)).await.unwrap();
    ends.idle().await;
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum ShopError {
    SoldOut { left: u32 },
    Unknown(String),
    Closed,
    Call(String, bool),
}

impl From<Error> for ShopError {
    fn from(error: Error) -> Self {
        Self::Call(error.to_string(), error.is_remote())
    }
}

/// An alias is a result as any other.
type Sold<T> = std::result::Result<T, ShopError>;

#[service]
trait Market {
    async fn buy(&self, item: &str, count: u32) -> Sold<u32>;
}

struct Stand;

impl Market for Stand {
    async fn buy(&self, item: &str, count: u32) -> Sold<u32> {
        match (item, count) {
            ("tea", 3..) => Err(ShopError::SoldOut { left: 2 }),
            ("tea", count) => Ok(count * 3),
            ("time", _) => Err(ShopError::Closed),
            ("coal", _) => panic!("what is coal?"),
            (item, _) => Err(ShopError::Unknown(item.to_owned())),
        }
    }
}

async fn application_errors_cross_as_what_they_are(over: Over) {
    let server = Server::builder().service(MarketServer::new(Stand));
    let ends = meet(over, server, Client::builder()).await;
    let market: MarketClient = ends.service();
    assert_eq!(market.buy("tea", 2).await, Ok(6));
    assert_eq!(
        market.buy("tea", 3).await,
        Err(ShopError::SoldOut { left: 2 })
    );
    assert_eq!(market.buy("time", 1).await, Err(ShopError::Closed));
    assert_eq!(
        market.buy("wood", 1).await,
        Err(ShopError::Unknown("wood".into()))
    );
    // What is wrong with the call itself arrives through `From`.
    let Err(ShopError::Call(text, false)) = market.buy("coal", 1).await else {
        panic!("not the call's own error");
    };
    assert!(
        text.contains("`Market.buy`") && text.contains("what is coal?"),
        "{text}"
    );
    ends.client.close();
    ends.client.session().closed().await;
    let Err(ShopError::Call(text, false)) = market.buy("tea", 1).await else {
        panic!("not the call's own error");
    };
    assert!(
        text.contains("`Market.buy`") && text.contains("closed"),
        "{text}"
    );
}

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
        .service(MarketServer::new(Stand))
        .service(shop::ShopServer::new(Corner))
        .compact(true);
    let ends = meet(over, server, Client::builder().compact(true)).await;
    let error = ends
        .service::<FailsClient>()
        .fail("source".into())
        .await
        .unwrap_err();
    is(
        &error,
        ErrorKind::Overloaded,
        &["no more orders: disk full"],
    );
    let market: MarketClient = ends.service();
    assert_eq!(
        market.buy("tea", 3).await,
        Err(ShopError::SoldOut { left: 2 })
    );
    // Without the names, a field more is another version.
    let later: other::LaterClient = ends.service();
    let order = other::LaterOrder {
        note: None,
        count: 2,
        item: "tea".into(),
    };
    let error = other::Later::order(&later, order).await.unwrap_err();
    is(
        &error,
        ErrorKind::Decode,
        &["argument `order` of `Shop.order`"],
    );
}

#[tokio::test]
async fn who_cannot_be_reached_is_named() {
    // A port that was free a moment ago, and that nobody listens at.
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let error = KeeperClient::connect(free).await.unwrap_err();
    is(&error, ErrorKind::Connect, &[&free.to_string()]);
    assert!(error.source().is_some());
    let error = KeeperClient::connect("no such host.invalid:1")
        .await
        .unwrap_err();
    is(&error, ErrorKind::Connect, &["no such host.invalid:1"]);

    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let (shelf, server) = Shelf::serve();
    let error = server.bind(address).await.unwrap_err();
    is(&error, ErrorKind::Connect, &[&address.to_string()]);
    assert_eq!(Arc::strong_count(&shelf), 1);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_greet_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let connecting = Client::builder()
        .handshake_timeout(Duration::from_secs(3))
        .connect(address);
    let start = tokio::time::Instant::now();
    let error = connecting.await.unwrap_err();
    is(&error, ErrorKind::Timeout, &["did not greet", "3s"]);
    assert!(start.elapsed() < Duration::from_secs(4));
}

/// What is no Ringback at all is told apart from one that refuses.
#[tokio::test]
async fn who_speaks_something_else_is_told_apart() {
    use tokio::io::AsyncWriteExt;

    let stranger = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = stranger.local_addr().unwrap();
    let greeting = tokio::spawn(async move {
        let (mut stream, _) = stranger.accept().await.unwrap();
        stream
            .write_all(b"220 mail.example ESMTP\r\n")
            .await
            .unwrap();
        stream
    });
    let error = Client::builder().connect(address).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    drop(greeting.await.unwrap());
}
