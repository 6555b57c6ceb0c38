//! Names that generated code might want for itself.

#![allow(non_camel_case_types, nonstandard_style)]

use ringback::{Client, Server, service, transport::memory};
use serde::{Deserialize, Serialize};

macro_rules! types {
    ($($name:ident)*) => {$(
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub struct $name;
    )*};
}

types! { T F Once Twin Fut A0 R Arc P G K }

// What the prelude says is not what it says here.
#[allow(dead_code)]
struct Option;
#[allow(dead_code)]
struct Vec;
#[allow(dead_code)]
trait Send {}
#[allow(dead_code)]
trait Future {}
#[allow(dead_code, non_snake_case)]
fn Ok() {}
#[allow(dead_code, non_snake_case)]
fn Some() {}

type Result<X> = ::core::result::Result<X, ringback::Error>;

#[service]
pub trait Hostile {
    async fn types(&self, t: T, f: F, once: Once, twin: Twin, fut: Fut) -> Result<R>;
    async fn more(&self, a0: A0, p: &P, g: &[G], k: K, arc: Arc) -> Result<T>;
    async fn arguments(
        &self,
        me: u8,
        call: u8,
        remote: u8,
        arguments: u8,
        object: u8,
        error: u8,
        encoder: u8,
        twin: u8,
    ) -> Result<u8>;
    async fn outcome(&self, reply: u8, id: u8, __s: u8, a0: u8, r#type: u8, _: u8) -> Result<u8>;
    async fn serve(&self) -> Result<u8>;
    async fn codec_serve(&self) -> Result<u8>;
    async fn r#fn(&self, r#match: &str) -> Result<u8>;
    async fn SERVE(&self) -> Result<u8>;
}

#[service]
pub trait r#dyn {
    async fn r#loop(&self, value: F) -> Result<T>;
}

#[service]
pub trait One {
    async fn one(&self, call: F, me: &T, a0: Once, #[callback] f: impl One) -> Result<Twin>;
}

#[service(group)]
pub trait Many {
    async fn many(&self, twin: K, encoder: F, call: T, group: u8) -> Result<()>;
}

/// Groups have these names of their own; this one is in none.
#[service]
pub trait Shelf {
    async fn insert(&self, key: u8, value: u8) -> Result<u8>;
    async fn remove(&self, key: u8) -> Result<u8>;
    async fn len(&self) -> Result<u8>;
    async fn is_empty(&self) -> Result<bool>;
    async fn ask(&self, #[callback] shelf: impl Shelf) -> Result<u8>;
}

struct Object;

impl Shelf for Object {
    async fn insert(&self, key: u8, value: u8) -> Result<u8> {
        Result::Ok(key + value)
    }
    async fn remove(&self, key: u8) -> Result<u8> {
        Result::Ok(key)
    }
    async fn len(&self) -> Result<u8> {
        Result::Ok(7)
    }
    async fn is_empty(&self) -> Result<bool> {
        Result::Ok(false)
    }
    async fn ask(&self, shelf: impl Shelf) -> Result<u8> {
        let shelf = ShelfProxy::new(shelf);
        assert!(!shelf.is_empty().await?);
        Result::Ok(shelf.insert(1, 2).await? + shelf.remove(3).await? + shelf.len().await?)
    }
}

impl Hostile for Object {
    async fn types(&self, _: T, _: F, _: Once, _: Twin, _: Fut) -> Result<R> {
        Result::Ok(R)
    }
    async fn more(&self, _: A0, _: &P, _: &[G], _: K, _: Arc) -> Result<T> {
        Result::Ok(T)
    }
    async fn arguments(
        &self,
        me: u8,
        call: u8,
        remote: u8,
        arguments: u8,
        object: u8,
        error: u8,
        encoder: u8,
        twin: u8,
    ) -> Result<u8> {
        Result::Ok(me + call + remote + arguments + object + error + encoder + twin)
    }
    async fn outcome(&self, reply: u8, id: u8, s: u8, a0: u8, kind: u8, five: u8) -> Result<u8> {
        Result::Ok(reply + id + s + a0 + kind + five)
    }
    async fn serve(&self) -> Result<u8> {
        Result::Ok(1)
    }
    async fn codec_serve(&self) -> Result<u8> {
        Result::Ok(2)
    }
    async fn r#fn(&self, text: &str) -> Result<u8> {
        Result::Ok(text.len() as u8)
    }
    async fn SERVE(&self) -> Result<u8> {
        Result::Ok(3)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let (here, there) = memory::pair();
    let server = Server::builder()
        .service(HostileServer::new(Object))
        .service(ShelfServer::new(Object))
        .service(dynServer::new(async |_: F| Result::Ok(T)))
        .service(OneServer::new(
            async |_: F, _: &T, _: Once, _: OneProxy| Result::Ok(Twin),
        ));
    let (_server, client) =
        tokio::join!(server.serve_io(there), Client::builder().connect_io(here));
    let client = client?;
    let hostile = client.service::<HostileClient>();
    assert_eq!(hostile.types(T, F, Once, Twin, Fut).await?, R);
    assert_eq!(hostile.more(A0, &P, &[G, G], K, Arc).await?, T);
    assert_eq!(hostile.arguments(1, 2, 3, 4, 5, 6, 7, 8).await?, 36);
    assert_eq!(hostile.outcome(1, 2, 3, 4, 5, 6).await?, 21);
    assert_eq!(hostile.serve().await?, 1);
    assert_eq!(hostile.codec_serve().await?, 2);
    assert_eq!(hostile.r#fn("four").await?, 4);
    assert_eq!(hostile.SERVE().await?, 3);
    assert_eq!(client.service::<dynClient>().r#loop(F).await?, T);
    let shelf = client.service::<ShelfClient>();
    assert_eq!(shelf.insert(1, 2).await?, 3);
    assert_eq!((shelf.remove(4).await?, shelf.len().await?, shelf.is_empty().await?), (4, 7, false));
    assert_eq!(shelf.ask(Object).await?, 13);
    let one = client.service::<OneClient>();
    assert_eq!(one.one(F, &T, Once, one.clone()).await?, Twin);
    let group = ringback::Group::new();
    group.insert(K_KEY, ManyProxy::new(async |_: K, _: F, _: T, _: u8| Result::Ok(())));
    group.many(K, F, T, 1).await?;
    Result::Ok(())
}

const K_KEY: u8 = 1;
