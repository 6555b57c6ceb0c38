//! A session that is opened while its server is told to leave.

use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ringback::{Result, Server, ServerHandle, service};
use ringback_tests::raw::{HELLO, PREFACE, Raw, request, text};
use tokio::sync::Notify;

#[service]
trait Door {
    /// Has the server leave, and answers when it is told to.
    async fn shut(&self) -> Result<u32>;
}

#[derive(Default)]
struct Porter {
    server: OnceLock<ServerHandle>,
    go_on: Notify,
}

impl Door for Porter {
    async fn shut(&self) -> Result<u32> {
        let server = self.server.get().expect("the server's handle").clone();
        let mut leaving = pin!(server.shutdown(Duration::from_secs(10)));
        assert!(futures_util::poll!(&mut leaving).is_pending());
        self.go_on.notified().await;
        Ok(7)
    }
}

/// A session is open before the server has it among its own. The server may be told to leave in between, and
/// calls may have come.
#[tokio::test]
async fn a_call_of_a_session_that_has_just_been_opened_finishes() {
    const GOAWAY: u8 = 13;
    let porter = Arc::new(Porter::default());
    let server = Server::builder()
        .service(DoorServer::new(Arc::clone(&porter)))
        .bind("127.0.0.1:0")
        .await
        .unwrap();
    porter.server.set(server.handle()).unwrap();
    let mut raw = Raw::connect(server.local_addr()).await;
    let running = tokio::spawn(server.run());

    // Together, so that the handler begins where the greeting is read.
    let call = request(1, &text("Door"), "shut", &[0x90], &[0x90]);
    raw.say(&[PREFACE, HELLO, &call].concat()).await;
    assert_eq!(raw.read_bytes(8).await, PREFACE);
    raw.read_frame().await.expect("a welcome");
    let goaway = raw.read_frame().await.expect("the word that it leaves");
    assert_eq!(goaway[1], GOAWAY, "{goaway:02x?}");

    porter.go_on.notify_one();
    let answer = loop {
        let frame = raw.read_frame().await.expect("the answer");
        if frame[1] == 1 {
            break frame;
        }
    };
    assert_eq!(answer, [0x96, 1, 0xc0, 1, 0, 0x90, 7]);
    drop(raw);
    running.await.unwrap().unwrap();
}
