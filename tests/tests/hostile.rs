//! Whoever speaks something else, or too much, loses his own connection: with one line in the log,
//! and noticed by nobody else.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringback::{Client, Error, Limits, Result, Server, ServerBuilder, service};
use ringback_tests::raw::{HELLO, PREFACE, Raw, frame, request, text};
use ringback_tests::{Ends, Over, Serving, until};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::util::SubscriberInitExt;

#[service]
trait Echo {
    async fn echo(&self, text: String) -> Result<String>;
    async fn hang(&self) -> Result<()>;
    async fn refuse(&self) -> Result<()>;
}

struct Plain;

impl Echo for Plain {
    async fn echo(&self, text: String) -> Result<String> {
        Ok(text)
    }

    async fn hang(&self) -> Result<()> {
        std::future::pending().await
    }

    async fn refuse(&self) -> Result<()> {
        Err(Error::application("not today"))
    }
}

/// What the library logged that an operator sees.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

/// Dropped when there is nothing more to capture.
type Capturing = Box<dyn std::any::Any>;

impl Log {
    /// Captures what is logged on this thread, which is all that a test's runtime has.
    fn capture() -> (Self, Capturing) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(LevelFilter::INFO)
            .with_writer(move || writer.clone())
            .finish();
        (log, Box::new(subscriber.set_default()))
    }

    fn lines(&self) -> Vec<String> {
        let bytes = self.0.lock().unwrap();
        String::from_utf8_lossy(&bytes)
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A server, its log, and somebody whom all this must not concern.
struct Stage {
    serving: Serving,
    bystander: Ends,
    log: Log,
    _capturing: Capturing,
}

impl Stage {
    async fn set(server: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        let (log, capturing) = Log::capture();
        let server = server(Server::builder().service(EchoServer::new(Plain)));
        let serving = Serving::start(Over::Tcp, server).await;
        let bystander = serving.connect(Client::builder()).await;
        Self {
            serving,
            bystander,
            log,
            _capturing: capturing,
        }
    }

    /// One more peer, who has greeted and is known.
    async fn greeted(&self) -> Raw {
        let peer = Raw::greeted(self.serving.address()).await;
        until("it has a session", || {
            self.serving.handle().sessions().len() == 2
        })
        .await;
        peer
    }

    async fn bystander_is_served(&self) {
        let echo: EchoClient = self.bystander.service();
        assert_eq!(echo.echo("hello".into()).await.unwrap(), "hello");
    }

    /// The peer is closed, told why (if it can know the protocol), and the log has a line of it.
    async fn is_closed(&self, mut peer: Raw, why: &str) {
        let told = peer.read_to_end().await;
        let told = String::from_utf8_lossy(&told).into_owned();
        drop(peer);
        until("its session is gone", || {
            self.serving.handle().sessions().len() == 1
        })
        .await;
        self.bystander_is_served().await;
        let lines = self.log.lines();
        assert_eq!(lines.len(), 1, "not one line: {lines:#?}");
        assert!(lines[0].contains(why), "not {why:?}: {}", lines[0]);
        assert!(lines[0].contains("127.0.0.1"), "of whom? {}", lines[0]);
        assert!(
            told.is_empty() || told.contains(why),
            "not {why:?}: {told:?}"
        );
        // A new peer is as welcome as ever.
        let _next = self.serving.connect(Client::builder()).await;
    }
}

/// Somebody sends bytes instead of a greeting.
async fn instead_of_a_greeting(bytes: &[u8], why: &str) {
    let stage = Stage::set(|server| server).await;
    let mut peer = Raw::connect(stage.serving.address()).await;
    stage.bystander_is_served().await;
    peer.say(bytes).await;
    stage.is_closed(peer, why).await;
}

/// Somebody who greeted sends bytes.
async fn after_a_greeting(bytes: &[u8], why: &str) {
    let stage = Stage::set(|server| server).await;
    let mut peer = stage.greeted().await;
    stage.bystander_is_served().await;
    peer.say(bytes).await;
    stage.is_closed(peer, why).await;
}

#[tokio::test]
async fn garbage() {
    let garbage: Vec<u8> = (0..4000_u32)
        .map(|no| (no * 7919 % 251) as u8 | 1)
        .collect();
    instead_of_a_greeting(&garbage, "no Ringback session").await;
}

#[tokio::test]
async fn the_first_wrong_byte_is_enough() {
    instead_of_a_greeting(b"S", "no Ringback session").await;
    instead_of_a_greeting(b"RINGBK2", "no Ringback session").await;
}

#[tokio::test]
async fn a_browser() {
    let get = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:20880\r\nAccept: */*\r\n\r\n";
    instead_of_a_greeting(get, "an HTTP request").await;
}

#[tokio::test]
async fn a_tls_client() {
    let mut hello = vec![0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    hello.resize(517, 0x5a);
    instead_of_a_greeting(&hello, "like TLS").await;
}

#[tokio::test]
async fn a_greeting_without_end() {
    let long = [PREFACE, &[0xff, 0xff, 0xff, 0xff], &[0; 100]].concat();
    instead_of_a_greeting(&long, "16384").await;
}

#[tokio::test]
async fn a_call_before_the_greeting() {
    let call = request(1, &text("Echo"), "hang", &[0x90], &[0x90]);
    instead_of_a_greeting(&[PREFACE, &call].concat(), "before the greeting").await;
}

#[tokio::test]
async fn a_version_of_tomorrow() {
    let hello = frame(&[0x93, 9, 2, 0x80]);
    instead_of_a_greeting(&[PREFACE, &hello].concat(), "version 2").await;
}

#[tokio::test]
async fn a_second_greeting() {
    after_a_greeting(HELLO, "a second greeting").await;
}

#[tokio::test]
async fn a_frame_that_is_too_large() {
    let length = (16_u32 << 20) + 1;
    after_a_greeting(&length.to_be_bytes(), "16777216").await;
}

#[tokio::test]
async fn a_frame_that_is_none() {
    after_a_greeting(&frame(b"hello"), "").await;
    after_a_greeting(&frame(&[]), "").await;
    after_a_greeting(&frame(&[0x92, 7, 0, 0]), "").await; // a ping and something behind it
    after_a_greeting(&frame(&[0x92, 15, 0]), "15").await; // a kind that is not used
}

#[tokio::test]
async fn a_value_that_is_too_deep() {
    let mut params = vec![0x91; 66];
    params.push(0xc0);
    let call = request(1, &text("Echo"), "echo", &[0x90], &params);
    after_a_greeting(&call, "`params` is nested deeper").await;
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for() {
    let response = frame(&[0x96, 1, 0xc0, 7, 0, 0x90, 0xc0]);
    after_a_greeting(&response, "request 7").await;
}

#[tokio::test]
async fn a_release_of_what_was_never_passed() {
    after_a_greeting(&frame(&[0x94, 4, 0xc0, 9, 1]), "object 9").await;
}

#[tokio::test]
async fn credit_for_what_was_never_sent() {
    after_a_greeting(&frame(&[0x92, 6, 100]), "credit for 100").await;
}

#[tokio::test]
async fn an_id_that_is_in_use() {
    let call = request(1, &text("Echo"), "hang", &[0x90], &[0x90]);
    after_a_greeting(&[&call[..], &call].concat(), "request 1 ").await;
}

#[tokio::test]
async fn a_parent_that_does_not_exist() {
    let mut call = vec![0x9a, 0, 0xc0, 1];
    call.extend(text("Echo"));
    call.extend(text("hang"));
    call.extend([9, 0xc0, 0xc0, 0x90, 0x90]);
    after_a_greeting(&frame(&call), "request 9").await;
}

#[tokio::test]
async fn more_calls_than_were_granted() {
    let mut limits = Limits::default();
    limits.max_calls = 10;
    let stage = Stage::set(|server| server.limits(limits)).await;
    let mut peer = stage.greeted().await;
    for id in 1..=11 {
        peer.say(&request(id, &text("Echo"), "hang", &[0x90], &[0x90]))
            .await;
    }
    stage.is_closed(peer, "max_calls").await;
}

#[tokio::test]
async fn more_callbacks_than_were_granted() {
    let stage = Stage::set(|server| server.max_callbacks(2)).await;
    let mut peer = stage.greeted().await;
    let references = [0x93, 1, 2, 3];
    let call = request(1, &text("Echo"), "hang", &references, &[0x90]);
    peer.say(&call).await;
    stage.is_closed(peer, "max_callbacks").await;
}

/// It takes up no more than the answers that it asked for are allowed to.
#[tokio::test]
async fn a_peer_that_asks_and_never_reads() {
    let mut limits = Limits::default();
    limits.max_frame = 64 << 10;
    limits.max_queued_bytes = 64 << 10;
    let stage = Stage::set(|server| {
        server
            .limits(limits)
            .heartbeat(Duration::from_millis(50))
            .heartbeat_misses(2)
    })
    .await;
    let mut peer = stage.greeted().await;
    // A string of 60,000 bytes, which comes back.
    let mut params = vec![0x91, 0xda, 0xea, 0x60];
    params.resize(params.len() + 60_000, b'x');
    let mut id = 0;
    while stage.serving.handle().sessions().len() == 2 {
        if id < 100 {
            id += 1;
            let call = request(id, &text("Echo"), "echo", &[0x90], &params);
            peer.say(&call).await;
        } else {
            peer.say(&frame(&[0x92, 8, 1])).await; // a pong: it is not silent
        }
        tokio::task::yield_now().await;
    }
    peer.vanish();
    stage.bystander_is_served().await;
    let lines = stage.log.lines();
    assert_eq!(lines.len(), 1, "not one line: {lines:#?}");
    assert!(lines[0].contains("has not read anything"), "{}", lines[0]);
}

/// Something of a greeting comes, and then nothing.
#[tokio::test]
async fn a_peer_that_stops_in_its_greeting() {
    for begun in [&[][..], b"RING", PREFACE, &[PREFACE, &HELLO[..6]].concat()] {
        let patience = Duration::from_millis(50);
        let stage = Stage::set(|server| server.handshake_timeout(patience)).await;
        let mut peer = Raw::connect(stage.serving.address()).await;
        peer.say(begun).await;
        stage.bystander_is_served().await;
        stage.is_closed(peer, "did not greet within 50ms").await;
    }
}

/// Half a frame comes, and then not even a pong.
#[tokio::test]
async fn a_peer_that_stops_in_a_frame() {
    let stage = Stage::set(|server| {
        server
            .heartbeat(Duration::from_millis(20))
            .heartbeat_misses(2)
    })
    .await;
    let mut peer = stage.greeted().await;
    let call = request(1, &text("Echo"), "hang", &[0x90], &[0x90]);
    peer.say(&call[..call.len() - 1]).await;
    stage.is_closed(peer, "silent").await;
}

/// Byte by byte is slow, but not wrong.
#[tokio::test]
async fn a_peer_that_is_slow() {
    let stage = Stage::set(|server| server).await;
    let mut peer = stage.greeted().await;
    let params = [&[0x91], &text("slow")[..]].concat();
    for byte in request(1, &text("Echo"), "echo", &[0x90], &params) {
        peer.say(&[byte]).await;
        stage.bystander_is_served().await;
    }
    let answer = peer.read_frame().await.unwrap();
    assert_eq!(
        answer,
        [&[0x96, 1, 0xc0, 1, 0, 0x90], &text("slow")[..]].concat()
    );
    assert_eq!(stage.log.lines(), Vec::<String>::new());
}

/// Who only looks whether the port is open, or leaves in the middle, is not worth a line.
#[tokio::test]
async fn a_peer_that_leaves() {
    let stage = Stage::set(|server| server).await;
    for begun in [&[][..], PREFACE] {
        let mut peer = Raw::connect(stage.serving.address()).await;
        peer.say(begun).await;
        drop(peer);
        let mut peer = Raw::connect(stage.serving.address()).await;
        peer.say(begun).await;
        peer.vanish();
    }
    let mut peer = stage.greeted().await;
    peer.say(&[0, 0]).await;
    peer.vanish();
    until("they are gone", || {
        stage.serving.handle().sessions().len() == 1
    })
    .await;
    stage.bystander_is_served().await;
    assert_eq!(stage.log.lines(), Vec::<String>::new());
}

/// What is wrong with one call fails that call.
#[tokio::test]
async fn objects_that_the_session_does_not_have() {
    let stage = Stage::set(|server| server).await;
    let mut peer = stage.greeted().await;
    let mut ask = async |call: Vec<u8>, kind: &str| {
        peer.say(&call).await;
        let answer = loop {
            let answer = peer.read_frame().await.expect("an answer");
            if answer[1] == 1 {
                break answer;
            }
        };
        let told = String::from_utf8_lossy(&answer).into_owned();
        assert!(
            answer[4] == 2 && told.contains(kind),
            "not {kind}: {told:?}"
        );
    };
    let hello = [&[0x91], &text("hello")[..]].concat();
    // An object of another session, or of none: objects are numbered from 1 in each.
    ask(request(1, &[1], "changed", &[0x90], &hello), "Revoked").await;
    // It cannot come back either.
    ask(
        request(2, &text("Echo"), "echo", &[0x91, 0xff], &[0x91, 0xd4, 1, 0]),
        "Decode",
    )
    .await;
    // Entry 0 of a table that has none.
    ask(
        request(3, &text("Echo"), "echo", &[0x90], &[0x91, 0xd4, 1, 0]),
        "Decode",
    )
    .await;
    ask(
        request(4, &text("Nobody"), "echo", &[0x90], &hello),
        "UnknownService",
    )
    .await;
    ask(
        request(5, &text("Echo"), "nothing", &[0x90], &hello),
        "UnknownMethod",
    )
    .await;
    ask(
        request(6, &text("Echo"), "echo", &[0x90], &[0x90]),
        "Decode",
    )
    .await;
    assert_eq!(stage.serving.handle().sessions().len(), 2);
    assert_eq!(stage.log.lines(), Vec::<String>::new());
}

/// The frame of a one-way call.
fn notification(target: &[u8], method: &str, params: &[u8]) -> Vec<u8> {
    let none: &[u8] = &[0xc0, 0xc0, 0xc0, 0x90];
    frame(&[&[0x99, 2, 0xc0], target, &text(method), none, params].concat())
}

/// Nobody reads the answers of one-way calls but the operator, who is told of each kind of failure
/// once for each session.
#[tokio::test]
async fn a_peer_whose_one_way_calls_fail() {
    let stage = Stage::set(|server| server).await;
    let hello = [&[0x91], &text("hello")[..]].concat();
    for session in 1..=2 {
        let mut peer = stage.greeted().await;
        for _ in 0..50 {
            peer.say(&notification(&text("Nobody"), "echo", &hello))
                .await;
            peer.say(&notification(&text("Echo"), "nothing", &hello))
                .await;
            peer.say(&notification(&text("Echo"), "echo", &[0x90]))
                .await;
            peer.say(&notification(&text("Echo"), "refuse", &[0x90]))
                .await;
            peer.say(&notification(&[7], "changed", &hello)).await;
        }
        peer.say(&request(1, &text("Echo"), "echo", &[0x90], &hello))
            .await;
        while peer.read_frame().await.expect("an answer")[1] != 1 {}
        let lines = stage.log.lines();
        assert_eq!(lines.len(), session * 5, "{lines:#?}");
        for (line, why) in lines[(session - 1) * 5..].iter().zip([
            "no service `Nobody`",
            "no method",
            "`Echo.echo` takes 1 arguments",
            "not today",
            "no object 7",
        ]) {
            assert!(line.contains(why), "not {why:?}: {line}");
            assert!(line.contains("127.0.0.1"), "of whom? {line}");
        }
        peer.vanish();
        until("it is gone", || {
            stage.serving.handle().sessions().len() == 1
        })
        .await;
    }
}

/// What a peer says of itself is cut before it gets into the log.
#[tokio::test]
async fn a_peer_that_calls_a_service_with_a_long_name() {
    let stage = Stage::set(|server| server).await;
    let mut peer = stage.greeted().await;
    let name = format!("x{}", "ä".repeat(0xffff / 2));
    let name = [&[0xda, 0xff, 0xff], name.as_bytes()].concat();
    peer.say(&notification(&name, "echo", &[0x90])).await;
    until("it is logged", || !stage.log.lines().is_empty()).await;
    let lines = stage.log.lines();
    assert!(lines[0].contains("no service `xä"), "{lines:#?}");
    assert!(lines[0].len() < 500, "{} bytes", lines[0].len());
}
