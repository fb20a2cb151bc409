//! The verdict of a run.

use cruddur_messages::domain::{conversation, message};
use uuid::Uuid;

use crate::audit::ledger::{Change, ChangeKind, ChangeOutcome, Outcome, Send};
use crate::audit::verdict::{Column, Verdict};

/// Creates the verdict of a run with acknowledged sends and changes, rejected operations, and the column of one reader.
fn verdict([sends, changes]: [usize; 2], rejected: u64, column: Column) -> Verdict {
    let mut verdict = without_readers([sends, changes], rejected);
    verdict.add("table", column, &[]);
    verdict
}

fn without_readers([sends, changes]: [usize; 2], rejected: u64) -> Verdict {
    let (id, conversation) = (message::Id(Uuid::nil()), conversation::Id(Uuid::nil()));
    let outcome = Outcome::Acknowledged { at: 2, conversation, seq: None };
    let send = Send { id, from: 0, to: 1, reply_to: None, began: 1, outcome };
    let outcome = ChangeOutcome::Acknowledged { rev: 1 };
    let change = Change {
        message: id,
        by: 0,
        kind: ChangeKind::Delete,
        began: 3,
        strays: 0,
        stray_at: 0,
        outcome,
        had_traces: false,
    };
    Verdict::new(&vec![send; sends], &vec![change; changes], rejected)
}

#[test]
fn a_run_is_clean_if_every_count_but_the_first_two_is_0() {
    assert!(verdict([1, 1], 0, Column::default()).is_clean());
    assert!(!verdict([0, 1], 0, Column::default()).is_clean(), "a run without sends proves nothing");
    assert!(!verdict([1, 0], 0, Column::default()).is_clean(), "nor does one without changes");
    assert!(!verdict([1, 1], 1, Column::default()).is_clean());
    assert!(!verdict([1, 1], 0, Column { unread: 1, ..Column::default() }).is_clean());
    assert!(!without_readers([1, 1], 0).is_clean(), "a run without readers proves nothing");
}

#[test]
fn numbers_are_grouped_by_three_digits_and_right_aligned() {
    let text = verdict([1_000, 900], 0, Column { lost: 1_234_567, ..Column::default() }).to_string();
    for line in [
        "sends acknowledged         1,000",
        "changes acknowledged         900",
        "wrongly rejected               0",
        "lost                   1,234,567",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line:?} in {text}");
    }
}
