//! The run: a server, its clients, and one who looks on.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ringback::{Server, ServerHandle};
use ringback_tests::Living;
use tokio::runtime::{self, Runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Arguments;
use crate::sample::{Meter, Sample};
use crate::station::{StationServer, Tower};
use crate::tally::Tally;
use crate::visitor::{GRACE, Visits, visitor};

/// How often the figures are noted.
const INTERVAL: Duration = Duration::from_secs(1);
/// How often they are printed.
const PRINTED: usize = 10;
/// At least so many samples are of the time to warm up, if there are twice as many: connections are renewed
/// several times until then, and the allocator has got the pages that it needs.
const WARM_UP: usize = 120;
/// How long things may take to come to an end on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// All that the verdict and the plot are made of.
pub struct Outcome {
    pub samples: Vec<Sample>,
    /// So many samples at the beginning are of the time to warm up.
    pub warm_up: usize,
    /// Before the server was made.
    pub before: Sample,
    /// With the server, before the first client.
    pub idle: Sample,
    /// With the server, after the clients have gone.
    pub after: Sample,
    /// After the server has ended.
    pub end: Sample,
    /// Listeners that the server still held after the clients had gone.
    pub held: usize,
    /// Listeners of clients that were never dropped.
    pub undropped: usize,
    pub tally: Arc<Tally>,
    pub arguments: Arguments,
}

/// Runs it all. The one who looks on is in no runtime, so that all tasks are those of the others.
pub fn run(arguments: &Arguments) -> Outcome {
    let (server_side, client_side) = (runtime(), runtime());
    let meter = Meter {
        server: server_side.handle().clone(),
        clients: client_side.handle().clone(),
    };
    let before = meter.read();
    let tally = Arc::<Tally>::default();
    let (stop, stopped) = watch::channel(false);
    let (fall_silent, silent) = watch::channel(false);

    let tower = Arc::new(Tower::new(arguments.leak));
    let (server, serving) = serve(&server_side, &tower, &tally, silent);
    let mut samples = Vec::with_capacity(arguments.duration().as_secs() as usize + 1);
    let idle = meter.read();
    let listeners = Living::default();
    let visits = Arc::new(Visits {
        server: server.local_addr(),
        tally: Arc::clone(&tally),
        listeners: listeners.clone(),
        stop: stopped,
        stay: Duration::from_secs(arguments.stay),
        pause: Duration::from_millis(arguments.pause),
    });
    let mut random = fastrand::Rng::with_seed(arguments.seed);
    let mut visitors = JoinSet::new();
    for _ in 0..arguments.connections {
        let one = visitor(Arc::clone(&visits), random.fork());
        visitors.spawn_on(one, client_side.handle());
    }
    drop(visits);

    look_on(&meter, &server, arguments.duration(), &tally, &mut samples);

    stop.send_replace(true);
    let joined = client_side.block_on(async {
        tokio::time::timeout(PATIENCE, async {
            while visitors.join_next().await.is_some() {}
        })
        .await
    });
    if joined.is_err() {
        tally.fail(|| "some clients came to no end".to_owned());
        visitors.detach_all();
    }
    wait_until(|| {
        let is_empty = server.sessions().is_empty() && tower.held() == 0 && listeners.count() == 0;
        is_empty && meter.read().server_tasks <= idle.server_tasks // also those who say goodbye
    });
    let after = meter.read_with(&server);
    let (held, undropped) = (tower.held(), listeners.count());

    fall_silent.send_replace(true);
    server.close();
    drop(server);
    let ended = server_side.block_on(async { tokio::time::timeout(PATIENCE, serving).await });
    if ended.is_err() {
        tally.fail(|| "the server came to no end".to_owned());
    }
    drop((tower, visitors, stop));
    wait_until(|| {
        let now = meter.read();
        now.server_tasks + now.client_tasks == 0 && now.descriptors <= before.descriptors
    });
    let end = meter.read();
    Outcome {
        warm_up: (samples.len() / 6).max(WARM_UP).min(samples.len() / 2),
        samples,
        before,
        idle,
        after,
        end,
        held,
        undropped,
        tally,
        arguments: arguments.clone(),
    }
}

fn runtime() -> Runtime {
    runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

fn serve(
    runtime: &Runtime,
    tower: &Arc<Tower>,
    tally: &Arc<Tally>,
    silent: watch::Receiver<bool>,
) -> (ServerHandle, tokio::task::JoinHandle<ringback::Result<()>>) {
    let service = StationServer::new(Arc::clone(tower));
    let server = runtime
        .block_on(
            Server::builder()
                .service(service)
                .resume(GRACE)
                .bind("127.0.0.1:0"),
        )
        .expect("a free port");
    let handle = server.handle();
    let serving = runtime.spawn(server.run());
    runtime.spawn(Arc::clone(tower).broadcast(Arc::clone(tally), silent));
    (handle, serving)
}

/// Notes the figures every second, in room that was there before the first client.
fn look_on(
    meter: &Meter,
    server: &ServerHandle,
    time: Duration,
    tally: &Tally,
    samples: &mut Vec<Sample>,
) {
    let began = Instant::now();
    while began.elapsed() < time {
        let next = INTERVAL * (samples.len() as u32 + 1);
        std::thread::sleep(next.saturating_sub(began.elapsed()));
        let mut sample = meter.read_with(server);
        sample.at = began.elapsed().as_secs_f64();
        samples.push(sample);
        if samples.len().is_multiple_of(PRINTED) {
            print(&sample, tally);
        }
    }
}

fn print(sample: &Sample, tally: &Tally) {
    println!(
        "{:>5.0} s: resident {:.1} MiB, heap {:.1} MiB, {} sessions, {}+{} tasks, {} descriptors, {} objects, \
         {} connections so far, {} wrong",
        sample.at,
        mebibytes(sample.resident),
        mebibytes(sample.heap),
        sample.sessions,
        sample.server_tasks,
        sample.client_tasks,
        sample.descriptors,
        sample.imported,
        tally.connections.get(),
        tally.wrong.get(),
    );
}

pub fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// Waits for what nothing announces; if it does not come, the verdict will tell.
fn wait_until(holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() && began.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Outcome {
    /// The samples after the time to warm up.
    pub fn warm(&self) -> &[Sample] {
        &self.samples[self.warm_up..]
    }

    /// The figures as a table.
    pub fn csv(&self) -> String {
        let mut csv =
            "seconds,resident,heap,descriptors,server_tasks,client_tasks,sessions,calls_in_flight,\
                       calls_served,exported,imported,queued_bytes\n"
                .to_owned();
        for sample in &self.samples {
            let figures = [
                sample.resident,
                sample.heap,
                sample.descriptors,
                sample.server_tasks,
                sample.client_tasks,
                sample.sessions,
                sample.calls_in_flight,
                sample.calls_served,
                sample.exported,
                sample.imported,
                sample.queued_bytes,
            ];
            let _ = write!(csv, "{:.1}", sample.at);
            for figure in figures {
                let _ = write!(csv, ",{figure}");
            }
            csv.push('\n');
        }
        csv
    }
}
