//! A member that fails over and over does not fill the log.

use std::io::Write;
use std::sync::{Arc, Mutex};

use ringback::{Error, ErrorKind, Group, Result, service};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::util::SubscriberInitExt;

#[service(group)]
trait Listener {
    async fn changed(&self, no: u32) -> Result<()>;
}

/// What the library logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_is_warned_once_of_each_kind_of_failure_of_a_member() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::INFO)
        .with_writer(move || writer.clone())
        .finish();
    let _capturing = subscriber.set_default();
    let warnings = || String::from_utf8(log.0.lock().unwrap().clone()).unwrap();

    let refuses = async |_no: u32| Err(Error::application("not today"));
    let fails = async |no: u32| match no % 2 {
        0 => Err(Error::new(ErrorKind::Overloaded, "it is too much")),
        _ => Err(Error::application("it is odd")),
    };
    let group = Group::new();
    group.insert("refuses", ListenerProxy::new(refuses));
    group.insert("fails", ListenerProxy::new(fails));
    for no in 0..50 {
        group.changed(no).await.unwrap();
    }
    assert_eq!(group.take_failures().len(), 100, "all of them are told");
    let lines = warnings();
    assert_eq!(lines.lines().count(), 3, "{lines}");
    for why in ["not today", "it is too much", "it is odd"] {
        assert!(lines.contains(why), "{lines}");
    }

    // Another one under the same key is another one.
    group.insert("refuses", ListenerProxy::new(refuses));
    group.changed(50).await.unwrap();
    group.changed(51).await.unwrap();
    assert_eq!(warnings().lines().count(), 4, "{}", warnings());
}
