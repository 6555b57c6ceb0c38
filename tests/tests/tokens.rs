//! Who may go on with a session: wrong, stolen, late and used-up tokens, from a peer without the library.

use std::time::Duration;

use ringback::{ErrorKind, Server, ServerHandle, SessionEvent, service};
use ringback_tests::raw::{PREFACE, Raw, frame, text};
use ringback_tests::until::until;

#[service]
trait Echo {
    async fn echo(&self, number: u32) -> ringback::Result<u32>;
}

struct Plain;

impl Echo for Plain {
    async fn echo(&self, number: u32) -> ringback::Result<u32> {
        Ok(number)
    }
}

/// `[9, 1, {"resume": 10000}]`
const HELLO: &[u8] = b"\x93\x09\x01\x81\xa6resume\xcd\x27\x10";
/// `[11, 0, 1]`: nothing has come, and the first frame is next.
const FIRST_ACK: &[u8] = &[0x93, 11, 0, 1];

async fn server() -> ServerHandle {
    let server = Server::builder()
        .service(EchoServer::new(Plain))
        .resume(Duration::from_secs(10))
        .bind("127.0.0.1:0")
        .await
        .unwrap();
    let handle = server.handle();
    tokio::spawn(server.run());
    handle
}

/// The session's number as it was encoded, and the token.
#[derive(Clone, PartialEq)]
struct Ticket(Vec<u8>, [u8; 32]);

impl Ticket {
    /// Out of a welcome, or of a resume.
    fn found_in(bytes: &[u8]) -> Self {
        let token = bytes.windows(2).rposition(|pair| pair == [0xc4, 32]);
        let token = token.expect("a token") + 2;
        let number = match bytes[1] {
            12 => &bytes[2..token - 2],
            _ => {
                let name = b"\xa7session";
                let at = bytes.windows(name.len()).position(|part| part == name);
                &bytes[at.expect("a number") + name.len()..token - 2 - b"\xa5token".len()]
            }
        };
        let token = bytes[token..token + 32].try_into().unwrap();
        Self(number.to_vec(), token)
    }

    fn resume(&self) -> Vec<u8> {
        let body = [&[0x94, 12], &self.0[..], &[0xc4, 32], &self.1, &[0]].concat();
        [PREFACE, &frame(&body)].concat()
    }
}

async fn begin(server: &ServerHandle) -> (Raw, Ticket) {
    let mut raw = Raw::connect(server.local_addr()).await;
    raw.say(&[PREFACE, &frame(HELLO)].concat()).await;
    assert_eq!(raw.read_bytes(8).await, PREFACE);
    let ticket = Ticket::found_in(&raw.read_frame().await.expect("a welcome"));
    (raw, ticket)
}

/// Asks to go on with a session, and gives the answer.
async fn ask(server: &ServerHandle, ticket: &Ticket) -> (Raw, Vec<u8>) {
    let mut raw = Raw::connect(server.local_addr()).await;
    raw.say(&ticket.resume()).await;
    assert_eq!(raw.read_bytes(8).await, PREFACE);
    let answer = raw.read_frame().await.expect("an answer");
    (raw, answer)
}

fn assert_refused(answer: &[u8]) {
    let lost = [&[0x93, 14], &text("SessionLost")[..]].concat();
    assert_eq!(answer[..lost.len()], lost, "{answer:02x?}");
}

/// Calls over a resumed connection whose first frame that is, and reads the answer.
async fn call(raw: &mut Raw, first: bool) {
    if first {
        raw.say(&frame(FIRST_ACK)).await;
    }
    let params: &[u8] = &[0x91, 7];
    let call = ringback_tests::raw::request(1, &text("Echo"), "echo", &[0x90], params);
    raw.say(&call).await;
    loop {
        let answer = raw.read_frame().await.expect("an answer");
        if answer[1] == 1 {
            assert_eq!(answer, [0x96, 1, 0xc0, 1, 0, 0x90, 7]);
            return;
        }
    }
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_harms_nothing() {
    let server = server().await;
    let (mut raw, ticket) = begin(&server).await;
    let mut events = server.events();
    for bit in [0, 100, 255] {
        let mut wrong = ticket.clone();
        wrong.1[bit / 8] ^= 1 << (bit % 8);
        let (_, to_a_wrong_token) = ask(&server, &wrong).await;
        assert_refused(&to_a_wrong_token);
        let nobody = Ticket(vec![7], ticket.1);
        let (_, to_a_wrong_number) = ask(&server, &nobody).await;
        assert!(to_a_wrong_token == to_a_wrong_number, "one answer for both");
    }
    call(&mut raw, false).await;
    assert_eq!(server.sessions().len(), 1);
    drop(raw);
    let (mut raw, answer) = ask(&server, &ticket).await;
    assert_eq!(answer[1], 12);
    raw.say(&frame(FIRST_ACK)).await;
    assert!(matches!(
        events.next().await,
        Some(SessionEvent::Resumed { .. })
    ));
}

#[tokio::test]
async fn a_used_token_is_good_until_the_next_one_is_known_to_have_arrived() {
    let server = server().await;
    let (raw, first) = begin(&server).await;
    drop(raw);
    let (lost, answer) = ask(&server, &first).await;
    let second = Ticket::found_in(&answer);
    assert!(second != first && second.0 == first.0);
    drop(lost);
    // Nothing has proved that the second one arrived.
    let (mut raw, answer) = ask(&server, &first).await;
    let third = Ticket::found_in(&answer);
    call(&mut raw, true).await;
    // Now it is proved that the third has, and what was recorded on the way is worth nothing.
    for old in [&first, &second] {
        let (_, answer) = ask(&server, old).await;
        assert_refused(&answer);
    }
    // Who has the present one takes over, and the other connection is closed.
    let (_taken, answer) = ask(&server, &third).await;
    assert_eq!(answer[1], 12);
    while raw.read_frame().await.is_some() {}
    assert_eq!(server.sessions().len(), 1);
}

#[tokio::test]
async fn impossible_numbers_end_the_session() {
    let server = server().await;
    let (raw, ticket) = begin(&server).await;
    drop(raw);
    let mut events = server.events();
    let (mut raw, _) = ask(&server, &ticket).await;
    raw.say(&frame(&[0x93, 11, 9, 1])).await; // an ack for what was never sent
    let lost = loop {
        match events.next().await {
            Some(SessionEvent::Lost { error, .. }) => break error,
            Some(_) => {}
            None => panic!("the server is there"),
        }
    };
    assert_eq!(lost.kind(), ErrorKind::Protocol);
    until("it is forgotten", || server.sessions().is_empty()).await;
    let (_, answer) = ask(&server, &ticket).await;
    assert_refused(&answer);
}
