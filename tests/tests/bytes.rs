//! Bytes and texts as arguments, read in place, with nothing in them or much.

use ringback::{Client, Result, Server, service};
use ringback_tests::{Over, meet, over_both};

over_both!(arguments_in_place_may_be_empty_and_large);

#[service]
trait Lengths {
    async fn bytes(&self, bytes: &[u8]) -> Result<usize>;
    async fn some_bytes(&self, bytes: Option<&[u8]>) -> Result<Option<usize>>;
    async fn text(&self, text: &str) -> Result<usize>;
    async fn back(&self, bytes: Vec<u8>) -> Result<Vec<u8>>;
}

struct Here;

impl Lengths for Here {
    async fn bytes(&self, bytes: &[u8]) -> Result<usize> {
        Ok(bytes.len())
    }

    async fn some_bytes(&self, bytes: Option<&[u8]>) -> Result<Option<usize>> {
        Ok(bytes.map(<[u8]>::len))
    }

    async fn text(&self, text: &str) -> Result<usize> {
        Ok(text.len())
    }

    async fn back(&self, bytes: Vec<u8>) -> Result<Vec<u8>> {
        Ok(bytes)
    }
}

async fn arguments_in_place_may_be_empty_and_large(over: Over) {
    let server = Server::builder().service(LengthsServer::new(Here));
    let ends = meet(over, server, Client::builder()).await;
    let lengths: LengthsClient = ends.service();
    for len in [0, 1, 100_000] {
        let bytes = vec![0xc1; len];
        assert_eq!(lengths.bytes(&bytes).await.unwrap(), len);
        assert_eq!(lengths.some_bytes(Some(&bytes)).await.unwrap(), Some(len));
        assert_eq!(lengths.text(&"x".repeat(len)).await.unwrap(), len);
        assert_eq!(lengths.back(bytes.clone()).await.unwrap(), bytes);
    }
    assert_eq!(lengths.some_bytes(None).await.unwrap(), None);
}
