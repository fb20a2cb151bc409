//! The law, checked over random histories.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::ui::state::law_of_writing::history::{Fate, Step, orderly_step, step};
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

#[test]
fn a_message_that_was_sent_with_another_text_keeps_what_is_left_of_it() {
    let mut simulation = Simulation::new();
    for step in [
        Step::Type { page: 0 },
        Step::Type { page: 0 },
        Step::Send { page: 0 },
        Step::EditUnsent { page: 1 },
        Step::Pump { page: 1 },
        Step::End { page: 1, fate: Fate::Answered },
        Step::Load { page: 1, conversation: 0 },
        Step::Load { page: 0, conversation: 0 },
        Step::EditUnsent { page: 0 },
    ] {
        simulation.step(step).expect("the law holds");
    }
    simulation.settle();
    simulation.check_end().expect("the law holds");
}
