//! How deep a value may be nested: as deep as the receiver says, in each argument and each result.

use ringback::{Client, ErrorKind, Limits, Result, Server, service};
use ringback_tests::{Over, meet, over_both};
use serde::{Deserialize, Serialize};

over_both!(
    as_deep_as_is_granted_goes_both_ways,
    deeper_is_refused_where_it_is_written,
);

/// A list in a list in a list.
#[derive(Serialize, Deserialize)]
struct Nest(Vec<Nest>);

impl Nest {
    fn deep(levels: u32) -> Self {
        (1..levels).fold(Self(Vec::new()), |inner, _| Self(vec![inner]))
    }

    fn levels(&self) -> u32 {
        1 + self.0.iter().map(Self::levels).max().unwrap_or(0)
    }
}

#[service]
trait Nests {
    async fn measure(&self, _flat: u8, nest: Nest) -> Result<u32>;
    async fn make(&self, levels: u32) -> Result<Nest>;
}

struct Here;

impl Nests for Here {
    async fn measure(&self, _flat: u8, nest: Nest) -> Result<u32> {
        Ok(nest.levels())
    }

    async fn make(&self, levels: u32) -> Result<Nest> {
        Ok(Nest::deep(levels))
    }
}

fn limits(max_nesting: u32) -> Limits {
    let mut limits = Limits::default();
    limits.max_nesting = max_nesting;
    limits
}

async fn as_deep_as_is_granted_goes_both_ways(over: Over) {
    for granted in [1, 2, 20] {
        let server = Server::builder()
            .service(NestsServer::new(Here))
            .limits(limits(granted));
        let ends = meet(over, server, Client::builder().limits(limits(granted))).await;
        let nests: NestsClient = ends.service();
        assert_eq!(
            nests.measure(0, Nest::deep(granted)).await.unwrap(),
            granted
        );
        assert_eq!(nests.make(granted).await.unwrap().levels(), granted);
    }
}

async fn deeper_is_refused_where_it_is_written(over: Over) {
    let server = Server::builder()
        .service(NestsServer::new(Here))
        .limits(limits(3));
    let ends = meet(over, server, Client::builder().limits(limits(5))).await;
    let nests: NestsClient = ends.service();

    let error = nests.measure(0, Nest::deep(4)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode);
    let Err(error) = nests.make(6).await else {
        panic!("it is deeper than the caller takes")
    };
    assert_eq!(error.kind(), ErrorKind::Encode);
    assert!(!ends.session.is_closed());
}
