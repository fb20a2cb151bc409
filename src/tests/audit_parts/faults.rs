//! Faults between two programs.

use crate::audit::faults::{CLIENTS, Fault, Faults};

#[test]
fn faults_are_drawn_at_their_rates_and_only_if_enabled() {
    let faults = Faults::new("here and there", CLIENTS, 1);
    assert!((0..1000).all(|_| faults.draw() == Fault::None));
    faults.set_enabled(true);
    let drawn: Vec<_> = (0..10_000).map(|_| faults.draw()).collect();
    for expected in [Fault::None, Fault::CutBefore, Fault::CutAfter, Fault::HalfOpen] {
        assert!(drawn.contains(&expected), "{expected:?}");
    }
    assert!(!drawn.iter().any(|fault| matches!(fault, Fault::Late(_))), "a fault with rate 0 is never drawn");
    assert!(faults.to_string().starts_with("here and there: 10,000 requests, "), "{faults}");
}
