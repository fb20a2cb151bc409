//! The law, checked over random histories.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::ui::state::law::history::{self, Start, Step};
use crate::ui::state::law::simulation::Simulation;

/// Number of random histories, over both tests.
const HISTORIES: u32 = 100_000;

fn check_law(lossless: bool, steps: impl Strategy<Value = Vec<Step>>) {
    let mut runner = TestRunner::new(Config { cases: HISTORIES / 2, failure_persistence: None, ..Config::default() });
    let run = |(start, steps): (Start, Vec<Step>)| {
        let mut simulation = Simulation::new(&start);
        for step in &steps {
            simulation.step(step)?;
        }
        // In the end every event in flight arrives, or the stream is opened again, and every late inbox row moves.
        simulation.deliver_all()?;
        simulation.move_all()?;
        if !lossless {
            simulation.step(&Step::Reconnect)?;
        }
        if start.busy {
            simulation.catch_up_while_busy()?;
        }
        simulation.settle()?;
        simulation.load_to_beginning()?;
        simulation.load_to_end()
    };
    runner.run(&(history::start(), steps), run).expect("the law holds");
}

#[test]
fn after_a_reconnect_a_page_knows_what_is_stored_even_if_events_were_lost_doubled_or_reordered() {
    check_law(false, vec(history::step(), 0..30));
}

#[test]
fn a_page_that_loses_nothing_needs_no_reconnect() {
    let lossless = history::step().prop_map(|step| match step {
        Step::LoseEvent { .. } | Step::Reconnect => Step::ReceiveResponse { index: 0 },
        other => other,
    });
    check_law(true, vec(lossless, 0..30));
}
