//! What a program awaits of a client or a server is small: the work lies in a box that is compiled with the library.
//! The body of an `async fn` that awaits it directly would be compiled anew in each program, with all that it is made
//! of, the driver of a connection included.

use ringback::{Client, Server};
use ringback_tests::services::RegistryClient;
use tokio::net::TcpStream;

/// Bytes: the builder or the server itself, and little beside it.
const LITTLE: usize = 512;

#[test]
fn what_a_program_awaits_is_small() {
    let nowhere = "127.0.0.1:0";
    let dialled = Client::builder().connect_with(async || TcpStream::connect("127.0.0.1:0").await);
    for (what, size) in [
        ("bind", size_of_val(&Server::builder().bind(nowhere))),
        ("connect", size_of_val(&Client::builder().connect(nowhere))),
        ("connect_with", size_of_val(&dialled)),
        (
            "the stub's connect",
            size_of_val(&RegistryClient::connect(nowhere)),
        ),
    ] {
        assert!(size <= LITTLE, "{what}: {size} bytes");
    }
}

#[tokio::test]
async fn what_runs_a_server_is_small() -> ringback::Result<()> {
    let server = Server::builder().bind("127.0.0.1:0").await?;
    let size = size_of_val(&server.run());
    assert!(size <= LITTLE, "{size} bytes");
    Ok(())
}
