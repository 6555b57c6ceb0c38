//! A mebibyte there and back.

use std::sync::Arc;

use super::Setting;
use crate::peers::{Client, Outcome, Peer};

const LENGTH: usize = 1 << 20;

pub(super) async fn drive<P: Peer>(setting: &mut Setting) -> Outcome<()> {
    let client = P::connect(setting.service).await?;
    let bytes = Arc::new(vec![b'x'; LENGTH]);
    let work = async |times| client.echo_bytes(Arc::clone(&bytes), times).await;
    if let Some(timed) = setting.time(work).await? {
        // What was sent, which came back as well.
        setting.more("1 MiB echo", "MB/s", timed.rate() * LENGTH as f64 / 1e6);
        setting.less("CPU", "ms/echo", timed.cpu_per_million() / 1e3);
    }
    Ok(())
}
