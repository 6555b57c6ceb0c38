//! Faults by chance, the same again by a seed.

use std::time::Duration;

use ringback::Client;
use ringback::testing::{Direction, Network, Played, Script};
use ringback_tests::keeper::{Keeper, KeeperClient, Shelf};
use ringback_tests::services::Idle;
use ringback_tests::{Living, Over, Serving};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout};

use crate::{LONG, link, millis, pattern};

fn everything() -> Script {
    Script::new()
        .rounds(60)
        .pauses(millis(0)..=millis(20))
        .cuts(millis(0)..=millis(10))
        .stalls(millis(0)..=millis(30))
        .half_closes()
        .black_holes()
        .delays(millis(0)..=millis(5))
        .throttles(0..=100_000)
}

/// Talks over a link that breaks all the time, and writes down what came through.
async fn what_comes_through(seed: u64) -> (Vec<bool>, Played) {
    let network = Network::new(seed);
    let link = network.link();
    let start = Instant::now();
    let talk = async {
        let mut log = Vec::new();
        while start.elapsed() < Duration::from_secs(3) {
            let (mut here, there) = link.pair();
            tokio::spawn(async move {
                let (mut reads, mut writes) = tokio::io::split(there);
                let _ = tokio::io::copy(&mut reads, &mut writes).await;
            });
            let mut came = true;
            while came && start.elapsed() < Duration::from_secs(3) {
                let talk = async {
                    here.write_all(&pattern(300)).await?;
                    here.read_exact(&mut [0; 300]).await
                };
                came = matches!(timeout(millis(15), talk).await, Ok(Ok(_)));
                log.push(came);
                sleep(millis(2)).await;
            }
        }
        log
    };
    let script = everything();
    let (log, played) = tokio::join!(talk, link.play(&script));
    (log, played)
}

#[tokio::test(start_paused = true)]
async fn a_script_plays_the_same_again_with_its_seed() {
    for seed in [1, 2] {
        let (log, played) = what_comes_through(seed).await;
        assert!(log.contains(&true) && log.contains(&false));
        assert!(played.cuts_between_bytes > 0, "{played:?}");
        assert_eq!(what_comes_through(seed).await, (log, played));
    }
    assert_ne!(what_comes_through(1).await.1, what_comes_through(2).await.1);
}

#[tokio::test(start_paused = true)]
async fn a_script_leaves_the_link_as_it_was() {
    let link = link();
    link.delay(millis(7));
    let played = link.play(&everything()).await;
    let faults = [
        played.cuts,
        played.stalls,
        played.half_closes,
        played.black_holes,
        played.delays,
        played.throttles,
    ];
    assert_eq!(faults.iter().sum::<u32>(), 60);
    assert!(faults.iter().all(|times| *times > 0), "{played:?}");
    assert_eq!(played.cuts_between_bytes, 0, "the link was idle");
    let sound = async || {
        let (mut here, mut there) = link.pair();
        let start = Instant::now();
        here.write_all(&pattern(100_000)).await.unwrap();
        there.read_exact(&mut [0; 100_000]).await.unwrap();
        assert!((millis(7)..millis(10)).contains(&start.elapsed()));
    };
    sound().await;
    // Also when it is not played to its end.
    let stalls = Script::new().stalls(LONG..=LONG);
    assert!(timeout(millis(500), link.play(&stalls)).await.is_err());
    sound().await;
}

/// What a flipped bit makes of a frame is up to chance; it harms nobody else.
#[tokio::test(start_paused = true)]
async fn corrupt_frames_harm_their_own_connection_at_most() {
    let (_shelf, server) = Shelf::serve();
    let serving = Serving::start(Over::Memory, server).await;
    let bystander = serving.connect(Client::builder()).await;
    let mut ended = 0;
    for _ in 0..100 {
        let link = serving.link();
        let ends = serving.connect_over(&link, Client::builder()).await;
        let keeper: KeeperClient = ends.service();
        link.corrupt(Direction::ToServer);
        let living = Living::default();
        let called = timeout(LONG, keeper.ignore(Idle(living.one()))).await;
        ended += u32::from(ends.session.is_closed());
        drop((called, keeper, ends));
        living.none().await;
    }
    assert!(ended > 0, "no bit mattered");
    let keeper: KeeperClient = bystander.service();
    assert!(keeper.kept().await.unwrap().is_empty());
    bystander.idle().await;
}
