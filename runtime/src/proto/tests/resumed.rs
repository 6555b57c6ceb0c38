//! Wherever the connection breaks, whatever is done meanwhile: nothing is lost, doubled or left.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::cable::resumable;
use super::interleaving::{config, side, step};
use super::steps::{Seen, Step};
use super::world::World;
use crate::proto::Config;

fn cut_or_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => step(),
        2 => Just(Step::Cut),
        1 => side().prop_map(Step::Notice),
        3 => proptest::bool::weighted(0.7).prop_map(|lasts| Step::Mend { lasts }),
    ]
}

/// Keeps so little that calls wait for acks, or as much as they like.
fn keeping() -> impl Strategy<Value = Config> {
    (config(), prop_oneof![Just(1), Just(100), Just(4 << 20)]).prop_map(|(config, keeps)| {
        let mut config = resumable(config);
        config.limits.max_replay_bytes = keeps;
        config
    })
}

fn run(client: Config, server: Config, steps: &[Step]) -> Seen {
    let mut world = World::resumable(client, server);
    for step in steps {
        world.take(step);
    }
    world.settle()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn wherever_it_is_cut_nothing_is_lost_or_doubled(
        client in keeping(),
        server in keeping(),
        steps in vec(cut_or_step(), 1..160),
    ) {
        run(client, server, &steps);
    }
}

/// The property means nothing unless connections break with something on its way.
#[test]
fn connections_break_with_something_on_its_way() {
    let mut runner = TestRunner::deterministic();
    let mut total = Seen::default();
    for _ in 0..50 {
        let mut new = || keeping().new_tree(&mut runner).unwrap().current();
        let (client, server) = (new(), new());
        let steps = vec(cut_or_step(), 160).new_tree(&mut runner).unwrap();
        total.add(&run(client, server, &steps.current()));
    }
    for (what, often) in [
        ("cut", total.cut),
        ("waited", total.waited),
        ("nested", total.nested),
        ("cancelled", total.cancelled),
        ("broken off", total.broken_off),
    ] {
        assert!(often > 20, "{what}: {often}");
    }
}
