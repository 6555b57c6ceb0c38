//! Errors of a type of the service's own.

use ringback::{Client, Error, Server, service};
use ringback_tests::{Over, meet, over_both};
use serde::{Deserialize, Serialize};

over_both!(
    application_errors_cross_as_what_they_are,
    application_errors_cross_as_arrays_too,
);

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

async fn application_errors_cross_as_arrays_too(over: Over) {
    let server = Server::builder()
        .service(MarketServer::new(Stand))
        .compact(true);
    let ends = meet(over, server, Client::builder().compact(true)).await;
    let market: MarketClient = ends.service();
    assert_eq!(
        market.buy("tea", 3).await,
        Err(ShopError::SoldOut { left: 2 })
    );
}
