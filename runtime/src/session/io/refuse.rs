//! Turns a peer away before anything is set up for it.

use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::error::ErrorKind;
use crate::frame::preface::PREFACE;
use crate::frame::write;
use crate::transport::Transport;

/// How long a peer that is turned away may take to hear it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tells the peer why there is no session for it, and closes.
pub(crate) async fn refuse<T: Transport>(transport: T, why: &str) {
    refuse_with(transport, ErrorKind::Refused, why).await;
}

/// The same for another reason than a want of room.
pub(crate) async fn refuse_with<T: Transport>(mut transport: T, kind: ErrorKind, why: &str) {
    let mut output = BytesMut::from(&PREFACE[..]);
    write::abort(&mut output, kind.name(), why);
    let telling = async {
        transport.write_all(&output).await?;
        transport.shutdown().await?;
        // A close with unread input would be a reset, and take the word from the peer.
        let mut unread = [0; 512];
        while transport.read(&mut unread).await? > 0 {}
        std::io::Result::Ok(())
    };
    // Who does not listen need not know.
    let _ = tokio::time::timeout(PATIENCE, telling).await;
}
