//! Values that refuse to be written.

use ringback::{Client, ErrorKind, Result, Server, service};
use ringback_tests::{Over, meet, over_both};
use serde::{Deserialize, Serialize};

use crate::is;

over_both!(values_that_cannot_be_written_are_named);

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
