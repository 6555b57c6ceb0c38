//! Two ends that know a service in different versions.

use ringback::{Client, ErrorKind, Result, Server, service};
use ringback_tests::keeper::{Keeper, KeeperClient};
use ringback_tests::{Ends, Over, meet, over_both};
use serde::{Deserialize, Serialize};

use crate::is;

over_both!(
    what_is_not_there_is_named,
    arguments_of_another_version_are_told_apart,
    an_answer_of_another_version_is_told_apart,
    without_names_a_field_more_is_another_version,
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

async fn without_names_a_field_more_is_another_version(over: Over) {
    let server = Server::builder()
        .service(shop::ShopServer::new(Corner))
        .compact(true);
    let ends = meet(over, server, Client::builder().compact(true)).await;
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
