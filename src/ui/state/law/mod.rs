//! The law, over random histories: state + events + the pulls that are asked for = what the server would answer.
//!
//! At any time the page shows a run of a conversation without a hole, knows whether something comes before it, and holds
//! no more than it may; of the other person it believes no more than is true, and no less than before. When it has all
//! that it asks for, its list and the receipts are those that are stored, and the run ends with the newest message if the
//! page follows it. From there one can go to the beginning and back to the end, whatever was let go of on the way.

mod history;

mod server;

mod world;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::ui::state::law::history::{Start, Step};
use crate::ui::state::law::world::World;

/// How many histories are lived through.
const HISTORIES: u32 = 100_000;

fn lives(lossless: bool, steps: impl Strategy<Value = Vec<Step>>) {
    let mut runner = TestRunner::new(Config { cases: HISTORIES / 2, failure_persistence: None, ..Config::default() });
    let life = |(start, steps): (Start, Vec<Step>)| {
        let mut world = World::new(&start);
        for step in &steps {
            world.step(step)?;
        }
        // The last of it: all that is on the way arrives, or the stream is opened again.
        world.hear_all()?;
        if !lossless {
            world.step(&Step::Reconnect)?;
        }
        world.settle()?;
        world.go_to_beginning()?;
        world.go_to_end()
    };
    runner.run(&(history::start(), steps), life).expect("the law holds");
}

#[test]
fn whatever_is_dropped_doubled_or_reordered_a_page_knows_what_is_stored_after_it_has_reconnected() {
    lives(false, vec(history::step(), 0..30));
}

#[test]
fn a_page_that_loses_nothing_needs_no_reconnect() {
    let kept = history::step().prop_map(|step| match step {
        Step::Lose { .. } | Step::Reconnect => Step::Answer { which: 0 },
        kept => kept,
    });
    lives(true, vec(kept, 0..30));
}
