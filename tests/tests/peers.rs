//! One trait, both sides: code for `&impl Service` takes all that implements it, either end serves,
//! and several services share a connection.

use std::sync::{Arc, Mutex};

use ringback::{Client, ErrorKind, Result, Server, context, service};
use ringback_tests::{Over, Serving, meet, over_both};

over_both!(
    code_for_a_service_takes_whatever_implements_it,
    both_peers_serve,
    services_share_a_connection,
    a_service_of_another_module_is_found_by_its_name,
    clones_and_stubs_share_one_session,
);

#[service]
trait Clock {
    async fn time(&self, zone: &str) -> Result<u64>;

    /// Two readings.
    async fn twice(&self, zone: &str) -> Result<u64> {
        Ok(self.time(zone).await? + self.time(zone).await?)
    }
}

struct Fixed(u64);

impl Clock for Fixed {
    async fn time(&self, _zone: &str) -> Result<u64> {
        Ok(self.0)
    }
}

/// Counts what goes through it: a decorator.
struct Counted<C>(C, Mutex<Vec<String>>);

impl<C: Clock> Clock for Counted<C> {
    async fn time(&self, zone: &str) -> Result<u64> {
        self.1.lock().unwrap().push(zone.to_owned());
        self.0.time(zone).await
    }
}

/// Answers from a list, then fails: a mock.
struct Mock(Mutex<Vec<u64>>);

impl Clock for Mock {
    async fn time(&self, zone: &str) -> Result<u64> {
        let next = self.0.lock().unwrap().pop();
        next.ok_or_else(|| ringback::Error::application(format!("no time in {zone}")))
    }
}

async fn later(clock: &impl Clock) -> Result<u64> {
    Ok(clock.time("UTC").await? + 1)
}

/// Generic code may spawn.
async fn later_in_a_task(clock: impl Clock) -> Result<u64> {
    tokio::spawn(async move { later(&clock).await })
        .await
        .unwrap()
}

async fn code_for_a_service_takes_whatever_implements_it(over: Over) {
    let server = Server::builder().service(ClockServer::new(Fixed(41)));
    let ends = meet(over, server, Client::builder()).await;
    let stub: ClockClient = ends.service();

    assert_eq!(later(&Fixed(1)).await.unwrap(), 2);
    assert_eq!(later(&Arc::new(Fixed(1))).await.unwrap(), 2);
    assert_eq!(later(&stub).await.unwrap(), 42);
    assert_eq!(later(&ClockProxy::new(Fixed(2))).await.unwrap(), 3);
    assert_eq!(later(&ClockProxy::new(stub.clone())).await.unwrap(), 42);
    assert_eq!(later_in_a_task(stub.clone()).await.unwrap(), 42);
    assert_eq!(later_in_a_task(ClockProxy::new(Fixed(3))).await.unwrap(), 4);

    let mock = Mock(Mutex::new(vec![6]));
    assert_eq!(later(&mock).await.unwrap(), 7);
    let error = later(&mock).await.unwrap_err();
    assert_eq!(error.to_string(), "no time in UTC");
    assert!(!error.is_remote());

    let decorated = Counted(stub.clone(), Mutex::default());
    assert_eq!(later(&decorated).await.unwrap(), 42);
    assert_eq!(*decorated.1.lock().unwrap(), ["UTC"]);
    assert_eq!(stub.twice("UTC").await.unwrap(), 82);
}

#[service]
trait Desk {
    /// Reads the caller's own clock.
    async fn what_time_is_it(&self) -> Result<u64>;
}

struct AsksBack;

impl Desk for AsksBack {
    async fn what_time_is_it(&self) -> Result<u64> {
        let session = context().session().expect("the caller's session");
        session.service::<ClockClient>().time("yours").await
    }
}

async fn both_peers_serve(over: Over) {
    let serving = Serving::start(over, Server::builder().service(DeskServer::new(AsksBack))).await;
    for time in [7, 8] {
        let client = Client::builder().service(ClockServer::new(Fixed(time)));
        let ends = serving.connect(client).await;
        let desk: DeskClient = ends.service();
        assert_eq!(desk.what_time_is_it().await.unwrap(), time);
        // Also later, and outside of any call.
        let clock: ClockClient = ends.session.service();
        assert_eq!(clock.time("yours").await.unwrap(), time);
        ends.idle().await;
    }
    let ends = serving.connect(Client::builder()).await;
    let error = ends
        .service::<DeskClient>()
        .what_time_is_it()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownService);
    assert!(error.is_remote(), "the desk met it, not this end: {error}");
    assert!(error.to_string().contains("`Clock`"), "{error}");
}

async fn services_share_a_connection(over: Over) {
    let server = Server::builder()
        .service(ClockServer::new(Fixed(1)))
        .service(DeskServer::new(AsksBack))
        .service(versions::TariffServer::new(Plain))
        .service(ClockServer::new(Fixed(2))); // takes the place of the first
    let serving = Serving::start(over, server).await;
    let client = Client::builder().service(ClockServer::new(Fixed(3)));
    let ends = serving.connect(client).await;
    let (clock, desk): (ClockClient, DeskClient) = (ends.service(), ends.service());
    let (time, asked) = tokio::join!(clock.time("UTC"), desk.what_time_is_it());
    assert_eq!((time.unwrap(), asked.unwrap()), (2, 3));
    assert_eq!(clock.session().id(), desk.session().id());
    if over == Over::Tcp {
        assert_eq!(serving.handle().sessions().len(), 1);
    }
}

mod versions {
    use ringback::{Result, service};

    #[service(name = "prices.tariff", version = "2")]
    pub(super) trait Tariff {
        async fn price(&self, item: String) -> Result<u32>;
    }
}

mod earlier {
    use ringback::{Result, service};

    #[service(name = "prices.tariff")]
    pub(super) trait Tariff {
        async fn price(&self, item: String) -> Result<u32>;
    }
}

struct Plain;

impl versions::Tariff for Plain {
    async fn price(&self, item: String) -> Result<u32> {
        Ok(item.len() as u32)
    }
}

/// The trait is renamed where it is implemented and where it is called.
async fn a_service_of_another_module_is_found_by_its_name(over: Over) {
    use versions::Tariff as Pricing;
    use versions::{TariffClient as PricingClient, TariffServer as PricingServer};

    let server = Server::builder().service(PricingServer::new(Plain));
    let ends = meet(over, server, Client::builder()).await;
    let pricing: PricingClient = ends.service();
    assert_eq!(Pricing::price(&pricing, "four".into()).await.unwrap(), 4);

    // The same name without the version is another service.
    let tariff: earlier::TariffClient = ends.service();
    let error = earlier::Tariff::price(&tariff, "four".into())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownService);
    let text = error.to_string();
    assert!(
        text.contains("no service `prices.tariff` here") && text.contains("`prices.tariff@2`"),
        "{text}"
    );
}

async fn clones_and_stubs_share_one_session(over: Over) {
    let server = Server::builder().service(ClockServer::new(Fixed(5)));
    let serving = Serving::start(over, server).await;
    let ends = serving.connect(Client::builder()).await;
    let stub: ClockClient = ends.service();
    let clones: Vec<_> = (0..10).map(|_| stub.clone()).collect();
    let ids: Vec<_> = clones.iter().map(|stub| stub.session().id()).collect();
    assert!(ids.iter().all(|id| *id == ends.client.session().id()));

    // The connection stays while any of them does.
    let (client, session) = (ends.client.clone(), ends.session.clone());
    drop((client, stub));
    drop(ends);
    for clone in clones {
        assert_eq!(clone.time("UTC").await.unwrap(), 5);
    }
    session.closed().await;
}
