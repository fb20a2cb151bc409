//! The law, checked over random histories.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::ui::state::law_of_writing::history::{Step, orderly_step, step};
use crate::ui::state::law_of_writing::simulation::Simulation;

/// Number of random histories, over both tests.
const HISTORIES: u32 = 100_000;

fn check_law(steps: impl Strategy<Value = Vec<Step>>, check: impl Fn(&Simulation) -> Result<(), TestCaseError>) {
    let mut runner = TestRunner::new(Config { cases: HISTORIES / 2, failure_persistence: None, ..Config::default() });
    let run = |steps: Vec<Step>| {
        let mut simulation = Simulation::new();
        for step in steps {
            simulation.step(step)?;
        }
        simulation.settle();
        simulation.check_end()?;
        check(&simulation)
    };
    runner.run(&steps, run).expect("the law holds");
}

#[test]
fn whatever_happens_on_two_pages_no_text_is_lost_and_none_is_sent_twice() {
    check_law(vec(step(), 0..30), |_| Ok(()));
}

#[test]
fn messages_arrive_in_the_order_of_writing_whatever_the_clock_does() {
    // F13
    check_law(vec(orderly_step(), 0..30), Simulation::check_order);
}
