//! Arguments that cannot be decoded, in every way in which a handler may begin: the call fails, what came with it
//! is let go of, its credit is given back, and its neighbours go on.

use std::sync::Arc;

use ringback::{Client, Error, ErrorKind, Result, Server, ServerBuilder, service};
use ringback_tests::services::{Idle, Listener, ListenerProxy};
use ringback_tests::{Living, Over, meet, over_both, until};
use serde::{Deserialize, Deserializer, Serialize};
use tokio::sync::{Notify, mpsc};

over_both!(
    it_fails_in_every_way_to_begin,
    it_fails_behind_a_call_that_waits,
    it_is_no_call_that_is_over_twice,
);

/// What is sent of it is whether it can be read, and if not, in which way it cannot.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
enum Puzzle {
    Easy,
    Hard,
    Explosive,
}

impl<'de> Deserialize<'de> for Puzzle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match &*String::deserialize(deserializer)? {
            "Hard" => Err(serde::de::Error::custom("too hard")),
            "Explosive" => panic!("it blew up"),
            _ => Ok(Self::Easy),
        }
    }
}

const BAD: [(Puzzle, ErrorKind, &str); 2] = [
    (Puzzle::Hard, ErrorKind::Decode, "argument `puzzle`"),
    (Puzzle::Explosive, ErrorKind::Panicked, "it blew up"),
];

#[service]
trait Solver {
    async fn solve(&self, #[callback] from: impl Listener, puzzle: Puzzle) -> Result<String>;
    async fn solve_lent(
        &self,
        hint: &str,
        #[callback] from: impl Listener,
        puzzle: &Puzzle,
    ) -> Result<String>;
    #[serial]
    async fn solve_in_turn(
        &self,
        #[callback] from: impl Listener,
        puzzle: Puzzle,
    ) -> Result<String>;
    #[spawn]
    async fn solve_aside(&self, #[callback] from: impl Listener, puzzle: Puzzle) -> Result<String>;
    #[oneway]
    async fn think(&self, #[callback] from: impl Listener, puzzle: Puzzle) -> Result<()>;
    /// Answers when it is told to.
    async fn wait(&self) -> Result<()>;
}

struct Clever {
    goes_on: Notify,
    thought: mpsc::UnboundedSender<Puzzle>,
}

impl Solver for Clever {
    async fn solve(&self, _from: impl Listener, puzzle: Puzzle) -> Result<String> {
        Ok(format!("{puzzle:?}"))
    }

    async fn solve_lent(
        &self,
        hint: &str,
        _from: impl Listener,
        puzzle: &Puzzle,
    ) -> Result<String> {
        Ok(format!("{puzzle:?}, {hint}"))
    }

    async fn solve_in_turn(&self, from: impl Listener, puzzle: Puzzle) -> Result<String> {
        self.solve(from, puzzle).await
    }

    async fn solve_aside(&self, from: impl Listener, puzzle: Puzzle) -> Result<String> {
        self.solve(from, puzzle).await
    }

    async fn think(&self, _from: impl Listener, puzzle: Puzzle) -> Result<()> {
        self.thought.send(puzzle).map_err(Error::application)
    }

    async fn wait(&self) -> Result<()> {
        self.goes_on.notified().await;
        Ok(())
    }
}

fn clever() -> (Arc<Clever>, mpsc::UnboundedReceiver<Puzzle>) {
    let (thought, thoughts) = mpsc::unbounded_channel();
    let clever = Clever {
        goes_on: Notify::new(),
        thought,
    };
    (Arc::new(clever), thoughts)
}

fn serve(solver: Arc<Clever>) -> ServerBuilder {
    Server::builder().service(SolverServer::new(solver))
}

/// Asks in every way but the one-way one.
async fn answers(solver: &impl Solver, living: &Living, puzzle: Puzzle) -> [Result<String>; 4] {
    let from = || ListenerProxy::new(Idle(living.one()));
    [
        solver.solve(from(), puzzle).await,
        solver.solve_lent("think", from(), &puzzle).await,
        solver.solve_in_turn(from(), puzzle).await,
        solver.solve_aside(from(), puzzle).await,
    ]
}

async fn fail_and_go_on(solver: &impl Solver, living: &Living) {
    for (puzzle, kind, text) in BAD {
        for answer in answers(solver, living, puzzle).await {
            let error = answer.unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(text), "{error}");
        }
        living.none().await; // what was passed along is let go of
    }
    for answer in answers(solver, living, Puzzle::Easy).await {
        assert!(answer.unwrap().starts_with("Easy"));
    }
    living.none().await;
}

async fn it_fails_in_every_way_to_begin(over: Over) {
    let (clever, mut thoughts) = clever();
    let ends = meet(over, serve(clever), Client::builder()).await;
    let solver: SolverClient = ends.service();
    let living = Living::default();
    fail_and_go_on(&solver, &living).await;
    for puzzle in [Puzzle::Hard, Puzzle::Explosive, Puzzle::Easy] {
        solver.think(Idle(living.one()), puzzle).await.unwrap();
    }
    assert_eq!(thoughts.recv().await, Some(Puzzle::Easy));
    living.none().await;
    ends.idle().await;
    assert!(thoughts.try_recv().is_err());
}

#[service]
trait Agency {
    /// Has a solver for the other end to call.
    async fn hire(&self) -> Result<SolverProxy>;
}

struct Desk(SolverProxy);

impl Agency for Desk {
    async fn hire(&self) -> Result<SolverProxy> {
        Ok(self.0.clone())
    }
}

/// Of an object whose calls have a lane.
async fn it_fails_behind_a_call_that_waits(over: Over) {
    let (clever, mut thoughts) = clever();
    let desk = Desk(SolverProxy::new(clever.clone()));
    let server = Server::builder().service(AgencyServer::new(desk));
    let ends = meet(over, server, Client::builder()).await;
    let solver = ends.service::<AgencyClient>().hire().await.unwrap();
    let waits = tokio::spawn({
        let solver = solver.clone();
        async move { solver.wait().await }
    });
    until("it waits", || ends.session.stats().calls_served == 1).await;
    let living = Living::default();
    fail_and_go_on(&solver, &living).await;
    for puzzle in [Puzzle::Hard, Puzzle::Explosive, Puzzle::Easy] {
        solver.think(Idle(living.one()), puzzle).await.unwrap();
    }
    assert_eq!(thoughts.recv().await, Some(Puzzle::Easy));
    clever.goes_on.notify_one();
    waits.await.unwrap().unwrap();
    living.none().await;
    drop(solver);
    ends.idle().await;
}

/// Each gives its credit back once: there is neither less nor more of it afterwards.
async fn it_is_no_call_that_is_over_twice(over: Over) {
    let (clever, mut thoughts) = clever();
    let mut limits = ringback::Limits::default();
    limits.max_calls = 4;
    limits.max_object_calls = 2;
    let server = serve(clever).limits(limits);
    let ends = meet(over, server, Client::builder()).await;
    let solver: SolverClient = ends.service();
    let living = Living::default();
    for round in 0..50 {
        for (puzzle, ..) in BAD {
            solver.think(Idle(living.one()), puzzle).await.unwrap();
            let answer = solver.solve(Idle(living.one()), puzzle).await;
            assert!(answer.is_err(), "in round {round}");
        }
        solver
            .think(Idle(living.one()), Puzzle::Easy)
            .await
            .unwrap();
        assert_eq!(thoughts.recv().await, Some(Puzzle::Easy));
    }
    living.none().await;
    ends.idle().await;
}
