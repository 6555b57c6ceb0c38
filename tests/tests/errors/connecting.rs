//! Connections that do not come about.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use ringback::{Client, ErrorKind};
use ringback_tests::keeper::{KeeperClient, Shelf};
use tokio::net::TcpListener;

use crate::is;

#[tokio::test]
async fn who_cannot_be_reached_is_named() {
    // A port that was free a moment ago, and that nobody listens at.
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let error = KeeperClient::connect(free).await.unwrap_err();
    is(&error, ErrorKind::Connect, &[&free.to_string()]);
    assert!(error.source().is_some());
    let error = KeeperClient::connect("no such host.invalid:1")
        .await
        .unwrap_err();
    is(&error, ErrorKind::Connect, &["no such host.invalid:1"]);

    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let (shelf, server) = Shelf::serve();
    let error = server.bind(address).await.unwrap_err();
    is(&error, ErrorKind::Connect, &[&address.to_string()]);
    assert_eq!(Arc::strong_count(&shelf), 1);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_greet_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let connecting = Client::builder()
        .handshake_timeout(Duration::from_secs(3))
        .connect(address);
    let start = tokio::time::Instant::now();
    let error = connecting.await.unwrap_err();
    is(&error, ErrorKind::Timeout, &["did not greet", "3s"]);
    assert!(start.elapsed() < Duration::from_secs(4));
}

/// What is no Ringback at all is told apart from one that refuses.
#[tokio::test]
async fn who_speaks_something_else_is_told_apart() {
    use tokio::io::AsyncWriteExt;

    let stranger = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = stranger.local_addr().unwrap();
    let greeting = tokio::spawn(async move {
        let (mut stream, _) = stranger.accept().await.unwrap();
        stream
            .write_all(b"220 mail.example ESMTP\r\n")
            .await
            .unwrap();
        stream
    });
    let error = Client::builder().connect(address).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    drop(greeting.await.unwrap());
}
