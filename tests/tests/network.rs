//! The network in memory that breaks when it is told to: `ringback::testing`.

use std::io::ErrorKind;
use std::time::Duration;

use ringback::testing::{Direction, Link, Network, Played, Script, Stream};
use ringback::{Client, Server};
use ringback_tests::keeper::{Keeper, KeeperClient, Shelf};
use ringback_tests::services::Idle;
use ringback_tests::{Living, Over, Serving};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout};

/// Long, by a clock that does not count.
const LONG: Duration = Duration::from_secs(3600);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn link() -> Link {
    Network::new(1).link()
}

/// What is there to be read without waiting longer than for what is under way.
async fn read(stream: &mut Stream) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(Ok(1..)) = timeout(millis(1), stream.read_buf(&mut bytes)).await {}
    bytes
}

/// All bytes of a pattern that shows where something is missing.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

async fn send(mut stream: Stream, bytes: Vec<u8>) -> Stream {
    stream.write_all(&bytes).await.unwrap();
    stream
}

#[tokio::test(start_paused = true)]
async fn bytes_arrive_as_they_were_written_both_ways() {
    let (here, there) = link().pair();
    let bytes = pattern(1 << 20);
    let talk = async |stream: Stream| {
        let (mut reads, mut writes) = tokio::io::split(stream);
        let writing = async {
            writes.write_all(&bytes).await.unwrap();
            writes.shutdown().await.unwrap();
        };
        let mut all = Vec::new();
        let (_, read) = tokio::join!(writing, reads.read_to_end(&mut all));
        read.unwrap();
        all
    };
    let (one, other) = tokio::join!(talk(here), talk(there));
    assert!(one == bytes && other == bytes);
}

/// How the bytes of one write arrive.
async fn pieces(seed: u64) -> Vec<usize> {
    let (here, mut there) = Network::new(seed).link().pair();
    let _here = send(here, pattern(100_000)).await;
    let (mut lengths, mut buffer) = (Vec::new(), vec![0; 1 << 20]);
    while lengths.iter().sum::<usize>() < 100_000 {
        lengths.push(there.read(&mut buffer).await.unwrap());
    }
    lengths
}

#[tokio::test(start_paused = true)]
async fn pieces_come_again_with_their_seed() {
    assert_eq!(pieces(1).await, pieces(1).await);
    assert_ne!(pieces(1).await, pieces(2).await);
    let small = pieces(1)
        .await
        .iter()
        .filter(|length| **length < 16_384)
        .count();
    assert!(small > 1, "nothing is cut");
}

#[tokio::test(start_paused = true)]
async fn whoever_writes_much_waits_for_the_reader() {
    let (mut here, mut there) = link().pair();
    let all = pattern(1 << 20);
    let written = timeout(LONG, here.write_all(&all)).await;
    assert!(written.is_err(), "nobody reads");
    let mut arrived = Vec::new();
    while let Ok(read) = timeout(LONG, there.read_buf(&mut arrived)).await {
        assert!(read.unwrap() > 0);
    }
    assert_eq!(arrived.len(), 256 << 10);
    here.write_all(b"more").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_kept_and_changed() {
    let link = link();
    let (mut here, mut there) = link.pair();
    let mut after = async |delay: Duration| {
        link.delay(delay);
        let start = Instant::now();
        here.write_u8(1).await.unwrap();
        there.read_u8().await.unwrap();
        // The clock goes in steps of a millisecond.
        let late = start.elapsed().checked_sub(delay).expect("not too early");
        assert!(late <= millis(1), "{late:?} late");
    };
    after(millis(0)).await;
    after(millis(250)).await;
    after(millis(10)).await;
}

#[tokio::test(start_paused = true)]
async fn no_byte_overtakes_another_however_the_delay_changes() {
    let link = link();
    link.jitter(millis(50));
    let (mut here, mut there) = link.pair();
    let sent = pattern(200);
    let writes = async {
        for (at, byte) in sent.iter().enumerate() {
            link.delay(millis(at as u64 * 37 % 100));
            here.write_u8(*byte).await.unwrap();
            sleep(millis(1)).await;
        }
    };
    let mut arrived = vec![0; sent.len()];
    let (_, read) = tokio::join!(writes, there.read_exact(&mut arrived));
    read.unwrap();
    assert_eq!(arrived, sent);
}

#[tokio::test(start_paused = true)]
async fn jitter_comes_again_with_its_seed() {
    async fn times(seed: u64) -> Vec<Duration> {
        let link = Network::new(seed).link();
        link.jitter(millis(1000));
        let (mut here, mut there) = link.pair();
        let mut times = Vec::new();
        for _ in 0..20 {
            let start = Instant::now();
            here.write_u8(0).await.unwrap();
            there.read_u8().await.unwrap();
            times.push(start.elapsed());
        }
        times
    }
    let first = times(1).await;
    let coarse = |times: &[Duration]| {
        times
            .iter()
            .map(|time| time.as_millis() / 4)
            .collect::<Vec<_>>()
    };
    let (one, again, other) = (
        coarse(&first),
        coarse(&times(1).await),
        coarse(&times(2).await),
    );
    let differ = one
        .iter()
        .zip(&again)
        .filter(|(one, other)| one.abs_diff(**other) > 1);
    assert_eq!(differ.count(), 0, "{one:?} {again:?}");
    assert_ne!(one, other);
    assert!(first.iter().max().unwrap().as_millis() > 500, "{first:?}");
}

#[tokio::test(start_paused = true)]
async fn a_rate_is_kept() {
    let link = link();
    link.throttle(1000);
    let (here, mut there) = link.pair();
    let start = Instant::now();
    let _here = send(here, pattern(10_000)).await;
    assert_eq!(start.elapsed(), Duration::ZERO, "the sender does not wait");
    let mut arrived = [0; 1000];
    for second in 1..=10 {
        there.read_exact(&mut arrived).await.unwrap();
        let late = start.elapsed().abs_diff(Duration::from_secs(second));
        assert!(late < millis(10), "{late:?} off at second {second}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_rate_holds_for_what_has_not_left() {
    let link = link();
    link.throttle(10);
    let (here, mut there) = link.pair();
    let start = Instant::now();
    let _here = send(here, pattern(10_000)).await;
    there.read_exact(&mut [0; 10]).await.unwrap();
    assert!(start.elapsed() >= millis(900));
    link.throttle(0);
    there.read_exact(&mut [0; 9990]).await.unwrap();
    assert!(start.elapsed() < millis(1200), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_lower_rate_holds_at_once() {
    let link = link();
    link.throttle(1_000_000);
    let (here, mut there) = link.pair();
    let start = Instant::now();
    let _here = send(here, pattern(200_000)).await;
    there.read_exact(&mut [0; 100_000]).await.unwrap();
    link.throttle(100);
    let _ = timeout(millis(900), there.read_exact(&mut [0; 100_000])).await;
    there.read_u8().await.unwrap();
    assert!(start.elapsed() < millis(1100), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_cut_breaks_every_connection_until_it_is_healed() {
    let network = Network::new(1);
    let server = Server::builder().listen(network.listen("server"));
    tokio::spawn(server.run());
    let (link, other) = (network.link(), network.link());
    let mut one = link.connect("server").await.unwrap();
    let mut two = link.connect("server").await.unwrap();
    let mut safe = other.connect("server").await.unwrap();
    assert_eq!((link.connections(), other.connections()), (2, 1));

    link.cut();
    for stream in [&mut one, &mut two] {
        let error = stream.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let error = stream.write_all(b"x").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    safe.write_all(b"RING").await.unwrap();
    assert_eq!((link.connections(), other.connections()), (0, 1));
    let error = link.connect("server").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::HostUnreachable);
    let (mut here, _there) = link.pair();
    assert!(here.read_u8().await.is_err());

    link.heal();
    assert!(one.read_u8().await.is_err());
    link.connect("server").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_cut_falls_where_it_was_to_fall() {
    let link = link();
    let (mut here, mut there) = link.pair();
    link.cut_after(700);
    here.write_all(&pattern(500)).await.unwrap();
    there.write_all(&pattern(500)).await.unwrap();
    assert_eq!(read(&mut there).await.len(), 500);
    assert_eq!(read(&mut here).await, pattern(200));
    for stream in [&mut here, &mut there] {
        let error = stream.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    link.cut_after(10);
    link.heal();
    let (mut here, mut there) = link.pair();
    here.write_all(&pattern(100)).await.unwrap();
    assert_eq!(read(&mut there).await.len(), 100);
    link.cut_after(0);
    assert!(here.read_u8().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn nothing_passes_a_stall_and_all_of_it_after() {
    let network = Network::new(1);
    let server = Server::builder().listen(network.listen("server"));
    tokio::spawn(server.run());
    let link = network.link();
    let (mut here, mut there) = link.pair();
    here.write_all(b"before").await.unwrap();
    link.stall();
    here.write_all(b", and after").await.unwrap();
    assert!(timeout(LONG, there.read_u8()).await.is_err());
    assert!(timeout(LONG, link.connect("server")).await.is_err());

    let waiting = tokio::spawn({
        let link = link.clone();
        async move { link.connect("server").await }
    });
    let reading = tokio::spawn(async move { (read(&mut there).await, there) });
    sleep(LONG).await;
    link.heal();
    waiting.await.unwrap().unwrap();
    assert_eq!(reading.await.unwrap().0, b"");
}

#[tokio::test(start_paused = true)]
async fn one_direction_can_be_stalled_alone() {
    let link = link();
    let (mut here, mut there) = link.pair();
    link.stall_one(Direction::ToClient);
    here.write_u8(1).await.unwrap();
    assert_eq!(there.read_u8().await.unwrap(), 1);
    there.write_u8(2).await.unwrap();
    assert!(timeout(LONG, here.read_u8()).await.is_err());
    link.heal();
    assert_eq!(here.read_u8().await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_end_that_leaves_in_a_stall_is_missed_after_it() {
    let link = link();
    let (mut here, mut there) = link.pair();
    link.stall();
    here.write_all(b"bye").await.unwrap();
    drop(here);
    assert!(timeout(LONG, there.read_u8()).await.is_err());
    there.write_all(b"are you there?").await.unwrap();
    link.heal();
    let mut last = Vec::new();
    there.read_to_end(&mut last).await.unwrap();
    assert_eq!(last, b"bye");
    let error = there.write_all(b"hello?").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_tells_nobody_anything() {
    let link = link();
    let (mut here, mut there) = link.pair();
    link.delay(millis(10));
    here.write_all(b"under way").await.unwrap();
    link.black_hole();
    assert!(timeout(LONG, there.read_u8()).await.is_err());
    drop(there);
    here.write_all(b"are you there?").await.unwrap();
    assert!(timeout(LONG, here.read_u8()).await.is_err());
    link.heal();
    assert!(timeout(LONG, here.read_u8()).await.is_err());
    let (mut here, mut there) = link.pair();
    here.write_u8(1).await.unwrap();
    assert_eq!(there.read_u8().await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_other_direction_survives_a_half_close() {
    let link = link();
    link.delay(millis(10));
    let (mut here, mut there) = link.pair();
    there.write_all(b"last words").await.unwrap();
    link.half_close(Direction::ToClient);
    let mut last = Vec::new();
    here.read_to_end(&mut last).await.unwrap();
    assert_eq!(last, b"last words");
    let error = there.write_all(b"more").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    here.write_u8(7).await.unwrap();
    assert_eq!(there.read_u8().await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn one_bit_is_flipped_and_no_more() {
    let link = link();
    let (here, mut there) = link.pair();
    link.corrupt(Direction::ToServer);
    let here = send(here, vec![0; 1000]).await;
    let _here = send(here, vec![0; 1000]).await;
    let mut arrived = vec![0; 2000];
    there.read_exact(&mut arrived).await.unwrap();
    let flipped: Vec<_> = (0..2000).filter(|at| arrived[*at] != 0).collect();
    assert!(matches!(flipped[..], [0..1000]), "{flipped:?}");
    assert_eq!(arrived[flipped[0]].count_ones(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_end_that_is_dropped_closes_the_connection() {
    let link = link();
    let (mut here, mut there) = link.pair();
    here.write_all(b"last words").await.unwrap();
    drop(here);
    assert_eq!(link.connections(), 1);
    let mut last = Vec::new();
    there.read_to_end(&mut last).await.unwrap();
    assert_eq!(last, b"last words");
    let error = there.write_all(b"more").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    drop(there);
    assert_eq!(link.connections(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_waits_is_told_that_its_reader_has_gone() {
    let (mut here, there) = link().pair();
    let writing = tokio::spawn(async move { here.write_all(&pattern(1 << 20)).await });
    sleep(millis(1)).await;
    assert!(!writing.is_finished());
    drop(there);
    let error = writing.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

#[tokio::test(start_paused = true)]
async fn that_a_reader_has_gone_is_known_after_the_delay() {
    let link = link();
    link.delay(millis(50));
    let (mut here, there) = link.pair();
    drop(there);
    here.write_all(&pattern(1 << 20)).await.unwrap();
    sleep(millis(40)).await;
    here.write_all(b"more").await.unwrap();
    sleep(millis(20)).await;
    let error = here.write_all(b"more").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

#[tokio::test(start_paused = true)]
async fn a_server_is_reached_by_its_name_while_it_listens() {
    let network = Network::new(1);
    let link = network.link();
    let error = link.connect("server").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(error.to_string(), "nobody listens as `server`");

    let (shelf, server) = Shelf::serve();
    let first = server.clone().listen(network.listen("server"));
    let (handle, address) = (first.handle(), first.local_addr());
    let running = tokio::spawn(first.run());
    let client = Client::builder().connect_io(link.connect("server").await.unwrap());
    let keeper: KeeperClient = client.await.unwrap().service();
    let living = Living::default();
    keeper.keep(Idle(living.one())).await.unwrap();
    assert_eq!(shelf.len(), 1);
    handle.close();
    running.await.unwrap().unwrap();
    let error = link.connect("server").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);

    // And again.
    let second = server.listen(network.listen("server"));
    assert_ne!(second.local_addr(), address);
    tokio::spawn(second.run());
    let client = Client::builder().connect_io(link.connect("server").await.unwrap());
    let keeper: KeeperClient = client.await.unwrap().service();
    keeper.keep(Idle(living.one())).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn each_link_has_an_address_of_its_own() {
    let (_shelf, server) = Shelf::serve();
    let serving = Serving::start(Over::Memory, server).await;
    let (one, other) = (serving.link(), serving.link());
    let mut addresses = Vec::new();
    for link in [&one, &one, &other] {
        let ends = serving.connect_over(link, Client::builder()).await;
        addresses.push(ends.session.peer_addr().expect("an address"));
    }
    assert_eq!(addresses[0].ip(), addresses[1].ip());
    assert_ne!(addresses[0].port(), addresses[1].port());
    assert_ne!(addresses[0].ip(), addresses[2].ip());
}

#[tokio::test(start_paused = true)]
async fn connecting_takes_there_and_back_again() {
    let network = Network::new(1);
    let _listener = network.listen("server");
    let link = network.link();
    link.delay(millis(30));
    let start = Instant::now();
    link.connect("server").await.unwrap();
    assert!((millis(60)..millis(63)).contains(&start.elapsed()));

    let connecting = tokio::spawn({
        let link = link.clone();
        async move { link.connect("server").await }
    });
    sleep(millis(40)).await;
    link.cut();
    link.heal();
    let error = connecting.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

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
