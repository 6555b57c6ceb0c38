//! Whatever is done in whatever order, and however the frames travel: nothing is left in the end,
//! nothing is lost, nobody is told twice.

use proptest::collection::vec;
use proptest::prelude::*;

use super::pair::limited;
use super::steps::{Pass, Seen, Step};
use super::world::World;
use crate::proto::{Config, Overflow, Side};

pub(super) fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Connecting), Just(Side::Accepting)]
}

fn overflow() -> impl Strategy<Value = Overflow> {
    prop_oneof![
        4 => Just(Overflow::Wait),
        1 => Just(Overflow::DropOldest),
        4 => Just(Overflow::Latest),
        1 => Just(Overflow::Close),
    ]
}

fn passing() -> impl Strategy<Value = Vec<Pass>> {
    let which = || 0..8_usize;
    let pass = prop_oneof![
        2 => Just(Pass::New),
        2 => which().prop_map(Pass::Own),
        2 => which().prop_map(Pass::Back),
    ];
    vec(pass, 0..3)
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let which = || 0..8_usize;
    let some = |weight| proptest::option::weighted(weight, 0..8_usize);
    let call = (
        side(),
        some(0.8),
        any::<bool>(),
        some(0.4),
        overflow(),
        passing(),
    )
        .prop_map(
            |(from, callee, one_way, inside, overflow, passing)| Step::Call {
                from,
                callee,
                one_way,
                inside,
                overflow,
                passing,
            },
        );
    let answer = (
        side(),
        which(),
        proptest::bool::weighted(0.2),
        proptest::bool::weighted(0.8),
        passing(),
    )
        .prop_map(|(at, which, fails, keeps, passing)| Step::Answer {
            at,
            which,
            fails,
            keeps,
            passing,
        });
    prop_oneof![
        10 => call,
        6 => answer,
        2 => (side(), which()).prop_map(|(at, which)| Step::Cancel(at, which)),
        2 => (side(), which()).prop_map(|(at, which)| Step::LetGo(at, which)),
        1 => (side(), which()).prop_map(|(at, which)| Step::Revoke(at, which)),
        1 => Just(Step::Rest),
        6 => side().prop_map(Step::Send),
        3 => (side(), prop_oneof![0..60_usize, Just(usize::MAX)])
            .prop_map(|(from, most)| Step::SendAtOnce(from, most)),
        6 => (side(), prop_oneof![1..60_usize, Just(usize::MAX)])
            .prop_map(|(from, count)| Step::Deliver(from, count)),
    ]
}

/// Limits so low that they are met all the time.
pub(super) fn config() -> impl Strategy<Value = Config> {
    let calls = prop_oneof![3 => (1..5_u32, 1..4_u32), 1 => (5..30_u32, 2..20_u32)];
    (calls, 1..7_u32, 1..5_u32, 0..3_u32).prop_map(
        |((calls, object_calls), callbacks, depth, room)| {
            limited(|limits| {
                limits.max_calls = calls;
                limits.max_object_calls = object_calls;
                limits.max_callbacks = callbacks;
                limits.max_call_depth = depth;
                if room == 0 {
                    limits.max_queued_bytes = 40;
                }
            })
        },
    )
}

pub(super) fn run(client: Config, server: Config, steps: &[Step], breaks_off: bool) -> Seen {
    let mut world = World::new(client, server);
    for step in steps {
        world.take(step);
    }
    if breaks_off {
        world.break_off()
    } else {
        world.settle()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_is_done_nothing_is_left(
        client in config(),
        server in config(),
        steps in vec(step(), 1..120),
    ) {
        run(client, server, &steps, false);
    }

    #[test]
    fn whenever_the_connection_breaks_nothing_is_left(
        client in config(),
        server in config(),
        steps in vec(step(), 1..60),
    ) {
        run(client, server, &steps, true);
    }
}

/// The properties above mean nothing unless the things happen that they are about.
#[test]
fn the_steps_meet_everything_that_matters() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut total = Seen::default();
    for _ in 0..300 {
        let mut new = |strategy: BoxedStrategy<Config>| {
            let tree = strategy.new_tree(&mut runner);
            tree.unwrap().current()
        };
        let (client, server) = (new(config().boxed()), new(config().boxed()));
        let steps = vec(step(), 120).new_tree(&mut runner).unwrap().current();
        total.add(&run(client, server, &steps, false));
    }
    for (what, often) in [
        ("waited", total.waited),
        ("nested", total.nested),
        ("cancelled", total.cancelled),
        ("rejected", total.rejected),
        ("came back", total.came_back),
        ("revoked", total.revoked),
        ("dropped by policy", total.dropped),
        ("introduction crossed a release", total.crossed),
        ("broken off", total.broken_off),
        ("rested", total.rested),
    ] {
        assert!(often > 5, "{what}: {often}");
    }
}
