//! The example `listener`, as a user runs it: separate processes, over TCP, some of them killed.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program may take to print what is awaited. Nothing here needs more than a moment; a
/// busy machine may.
const PATIENCE: Duration = Duration::from_secs(30);

/// How soon something must happen that happens "at once": sooner than a heartbeat could find it.
const AT_ONCE: Duration = Duration::from_secs(5);

#[test]
fn without_arguments_it_shows_notifications_before_and_after_a_restart_and_ends() {
    let mut program = Program::start("both", &[]);
    // Each time by the provider that is listening, and by a loop of its own after that.
    for before in ["provider: listening on", "provider: gone"] {
        program.expect(before);
        program.expect("provider: added listener");
        let line = program.expect("callback1:");
        assert!(is_message(&line), "not as the seed prints it: {line}");
    }
    let status = program.end(PATIENCE);
    assert!(status.success(), "{status}\n{program}");
    assert!(
        !program.has("error:"),
        "it met an error, and still ended well\n{program}"
    );
    // Who prints this is another task than who is called.
    assert!(program.has("consumer: connected again"), "{program}");
    assert!(program.count("callback1:") >= 6, "{program}");
}

#[test]
fn a_killed_consumer_is_removed_at_once() {
    // Nobody is called within the test, so no failing call can be what finds the dead consumer.
    let (mut provider, address) = provider(&["--every", "1h"]);
    let mut consumer = consumer(&address, &["--key", "doomed"]);
    consumer.expect("callback1:");
    provider.expect("provider: added listener doomed");

    consumer.kill();
    provider.expect_within(AT_ONCE, "provider: removed listener doomed: ");
}

#[test]
fn a_second_consumer_never_notices_that_the_first_was_killed() {
    let (mut provider, address) = provider(&["--every", "100ms"]);
    let mut first = consumer(&address, &["--key", "first"]);
    let mut second = consumer(&address, &["--key", "second", "--count", "20"]);
    // Not sooner: it is called before it is stored, and who is killed in between never is.
    first.expect("consumer: listening for first");
    second.expect("callback1:");

    first.kill();
    provider.expect_within(AT_ONCE, "provider: removed listener first: ");

    let status = second.end(PATIENCE);
    assert!(status.success(), "{status}\n{second}");
    assert!(second.count("callback1:") >= 20, "{second}");
    provider.expect("provider: removed listener second: ");
}

#[test]
fn a_replaced_consumer_does_not_take_its_successor_along() {
    let (mut provider, address) = provider(&["--every", "100ms"]);
    let mut first = consumer(&address, &["--key", "same"]);
    provider.expect("provider: added listener same");
    first.expect("callback1:");
    let mut second = consumer(&address, &["--key", "same", "--count", "10"]);
    provider.expect("provider: replaced listener same");

    first.kill();

    let status = second.end(PATIENCE);
    assert!(status.success(), "{status}\n{second}");
    provider.expect("provider: removed listener same: its consumer asked");
    assert_eq!(provider.count("provider: removed"), 1, "{provider}");
}

#[test]
fn a_consumer_says_that_its_provider_was_killed_and_goes_on_with_the_next() {
    let (mut first, address) = provider(&["--every", "1h"]);
    let mut consumer = consumer(&address, &["--count", "4"]);
    consumer.expect("consumer: listening for foo.bar");

    first.kill();
    consumer.expect_within(AT_ONCE, "consumer: the provider is gone");
    let arguments = ["provider", "--addr", &address, "--every", "100ms"];
    let mut second = Program::start("second provider", &arguments);
    second.expect("provider: added listener foo.bar");
    let status = consumer.end(PATIENCE);
    assert!(status.success(), "{status}\n{consumer}");
    assert_eq!(consumer.count("consumer: listening"), 2, "{consumer}");
}

#[test]
fn a_consumer_without_a_provider_says_so_in_one_line() {
    let mut consumer = consumer(NOBODY, &[]);
    let status = consumer.end(PATIENCE);
    assert_eq!(status.code(), Some(1), "{consumer}");
    assert!(consumer.has("error: "), "{consumer}");
    assert_eq!(consumer.seen.len(), 1, "{consumer}");
}

#[test]
fn a_provider_whose_port_is_taken_says_so_in_one_line() {
    let (_holder, address) = provider(&[]);
    let mut second = Program::start("second provider", &["provider", "--addr", &address]);
    let status = second.end(PATIENCE);
    assert_eq!(status.code(), Some(1), "{second}");
    assert!(
        second.has(&address),
        "it does not name the address\n{second}"
    );
    assert_eq!(second.seen.len(), 1, "{second}");
}

/// `callback1:Changed: 2026-11-22 12:50:05`
fn is_message(line: &str) -> bool {
    let Some(time) = line.strip_prefix("callback1:Changed: ") else {
        return false;
    };
    time.len() == "2026-11-22 12:50:05".len()
        && time
            .bytes()
            .zip("0000-00-00 00:00:00".bytes())
            .all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                _ => byte == form,
            })
}

/// A provider on a free port, and its address.
fn provider(arguments: &[&str]) -> (Program, String) {
    let arguments = [&["provider", "--addr", "127.0.0.1:0"], arguments].concat();
    let mut provider = Program::start("provider", &arguments);
    let listening = "provider: listening on ";
    let address = provider.expect(listening)[listening.len()..].to_owned();
    (provider, address)
}

fn consumer(address: &str, arguments: &[&str]) -> Program {
    let arguments = [&["consumer", "--addr", address], arguments].concat();
    Program::start("consumer", &arguments)
}

/// Where nobody listens: a port that no program is given, and that no service uses any more.
const NOBODY: &str = "127.0.0.1:1";

/// A running example and what it has printed so far. It is killed when the test lets go of it.
struct Program {
    name: &'static str,
    process: Child,
    lines: Receiver<String>,
    /// The lines that were read, of both outputs.
    seen: Vec<String>,
}

impl Program {
    fn start(name: &'static str, arguments: &[&str]) -> Self {
        let mut process = Command::new(example())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        forward_lines(process.stdout.take().unwrap(), sender.clone());
        forward_lines(process.stderr.take().unwrap(), sender);
        Self {
            name,
            process,
            lines,
            seen: Vec::new(),
        }
    }

    /// Waits for a line that starts with `start`.
    fn expect(&mut self, start: &str) -> String {
        self.expect_within(PATIENCE, start)
    }

    fn expect_within(&mut self, time: Duration, start: &str) -> String {
        let deadline = Instant::now() + time;
        while let Some(line) = self.next_line(deadline) {
            if line.starts_with(start) {
                return line;
            }
        }
        panic!("no line `{start}…` within {time:?}\n{self}");
    }

    /// Waits until the program has ended and all that it printed was read.
    fn end(&mut self, time: Duration) -> ExitStatus {
        let deadline = Instant::now() + time;
        while self.next_line(deadline).is_some() {}
        if Instant::now() >= deadline {
            panic!("it did not end within {time:?}\n{self}");
        }
        // Both outputs are closed, so it is as good as over.
        self.process.wait().unwrap()
    }

    fn next_line(&mut self, deadline: Instant) -> Option<String> {
        let left = deadline.saturating_duration_since(Instant::now());
        let line = self.lines.recv_timeout(left).ok()?;
        self.seen.push(line.clone());
        Some(line)
    }

    /// Kills it as `kill -9` does: it can say nothing to anybody.
    fn kill(&mut self) {
        self.process.kill().unwrap();
    }

    fn has(&self, part: &str) -> bool {
        self.seen.iter().any(|line| line.contains(part))
    }

    fn count(&self, start: &str) -> usize {
        let lines = self.seen.iter();
        lines.filter(|line| line.starts_with(start)).count()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the {} printed:", self.name)?;
        self.seen
            .iter()
            .try_for_each(|line| writeln!(f, "  {line}"))
    }
}

fn forward_lines(output: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                break;
            }
        }
    });
}

/// The program, built when it is first asked for. `cargo test` of the whole workspace has built it
/// already, so this finds it; a run of this test alone builds it.
fn example() -> &'static Path {
    static EXAMPLE: OnceLock<PathBuf> = OnceLock::new();
    EXAMPLE.get_or_init(|| {
        // As `<target>/<profile>/deps/listener-0123`, this test tells where to build and how.
        let itself = std::env::current_exe().unwrap();
        let profile = itself.ancestors().nth(2).unwrap().file_name().unwrap();
        let profile = match profile.to_str().unwrap() {
            "debug" => "dev",
            other => other,
        };
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let output = Command::new(env!("CARGO"))
            // The whole workspace, or cargo picks other features and builds all of it again.
            .args(["build", "--workspace", "--example", "listener"])
            .args([
                "--profile",
                profile,
                "--message-format",
                "json-render-diagnostics",
            ])
            .arg("--target-dir")
            .arg(target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "the example does not build");

        let messages = String::from_utf8(output.stdout).unwrap();
        let executable = messages.lines().find_map(|message| {
            let message: serde_json::Value = serde_json::from_str(message).ok()?;
            let path = message["executable"].as_str()?;
            Some(PathBuf::from(path))
        });
        executable.expect("cargo built the example and did not say where it is")
    })
}
