//! What a server and a client own goes when they go, whatever their services have kept.

use std::sync::{Arc, Mutex};

use ringback::{Client, Result, Server, service};
use ringback_tests::{Over, meet, over_both};

over_both!(
    a_service_that_keeps_its_callers_objects_goes_with_its_server,
    a_service_of_the_client_that_keeps_objects_goes_with_the_client,
);

#[service]
trait Shelf {
    async fn keep(&self, #[callback] item: impl Item) -> Result<()>;
}

#[service]
trait Item {
    async fn name(&self) -> Result<String>;
}

struct Named;

impl Item for Named {
    async fn name(&self) -> Result<String> {
        Ok("one".to_owned())
    }
}

#[derive(Default)]
struct Keeps(Mutex<Vec<ItemProxy>>);

impl Shelf for Keeps {
    async fn keep(&self, item: impl Item) -> Result<()> {
        self.0.lock().unwrap().push(ItemProxy::new(item));
        Ok(())
    }
}

async fn a_service_that_keeps_its_callers_objects_goes_with_its_server(over: Over) {
    let shelf = Arc::<Keeps>::default();
    let server = Server::builder().service(ShelfServer::new(shelf.clone()));
    let ends = meet(over, server, Client::builder()).await;
    let stub: ShelfClient = ends.service();
    stub.keep(Named).await.unwrap();
    drop(stub);
    ends.session.close();
    ends.client.session().closed().await;
    drop(ends);
    gone(shelf).await;
}

async fn a_service_of_the_client_that_keeps_objects_goes_with_the_client(over: Over) {
    let shelf = Arc::<Keeps>::default();
    let client = Client::builder().service(ShelfServer::new(shelf.clone()));
    let ends = meet(over, Server::builder(), client).await;
    let stub: ShelfClient = ends.session.service();
    stub.keep(Named).await.unwrap();
    drop(stub);
    ends.session.close();
    ends.client.session().closed().await;
    drop(ends);
    gone(shelf).await;
}

/// Only the test still has it, and its objects.
async fn gone(shelf: Arc<Keeps>) {
    let weak = Arc::downgrade(&shelf);
    assert_eq!(shelf.0.lock().unwrap().len(), 1);
    drop(shelf);
    ringback_tests::until("the service is dropped", || weak.strong_count() == 0).await;
}
