//! How long the first call takes after the connection of a session was cut for less than 100 ms:
//! `first_call [cuts]`. Over TCP, with the defaults of a session that resumes.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "a program has no users of its items"
)]

use std::time::{Duration, Instant};

use ringback::{Client, Result, Server, service};
use ringback_tests::road::Road;

#[service]
trait Echo {
    async fn echo(&self, number: u64) -> Result<u64>;
}

struct Plain;

impl Echo for Plain {
    async fn echo(&self, number: u64) -> Result<u64> {
        Ok(number)
    }
}

const GRACE: Duration = Duration::from_secs(30);
/// A session is at rest for so long before it is cut.
const REST: Duration = Duration::from_millis(20);
const LONGEST_CUT: f64 = 0.1;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let cuts = std::env::args().nth(1);
    let cuts = cuts.map_or(1000, |cuts| cuts.parse().expect("a number of cuts"));
    let server = Server::builder()
        .resume(GRACE)
        .service(EchoServer::new(Plain))
        .bind("127.0.0.1:0")
        .await?;
    let mut road = Road::to(server.local_addr()).await;
    tokio::spawn(server.run());
    let client = Client::builder().resume(GRACE);
    let client = client.connect(road.address()).await?;
    let session = client.session().id();
    let echo = client.service::<EchoClient>();

    let mut random = fastrand::Rng::with_seed(1);
    let (mut from_the_break, mut from_its_end) = (Vec::new(), Vec::new());
    for number in 0..cuts {
        echo.echo(number).await?;
        tokio::time::sleep(REST).await;
        let broke = Instant::now();
        road.close().await;
        let call = tokio::spawn({
            let echo = echo.clone();
            async move { echo.echo(number).await.map(|_| Instant::now()) }
        });
        let cut = Duration::from_secs_f64(random.f64() * LONGEST_CUT);
        tokio::time::sleep(cut).await;
        road.open().await;
        let back = Instant::now();
        let answered = call.await.expect("it does not panic")?;
        from_the_break.push(answered - broke);
        from_its_end.push(answered.saturating_duration_since(back));
    }
    assert_eq!(client.session().id(), session, "the session was lost");
    tell("from the break", from_the_break);
    tell("from its end", from_its_end);
    Ok(())
}

fn tell(since: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |part: usize| times[(times.len() - 1) * part / 100];
    println!(
        "{} cuts, first answer {since}: median {:.0?}, p99 {:.0?}, longest {:.0?}",
        times.len(),
        at(50),
        at(99),
        at(100)
    );
}
