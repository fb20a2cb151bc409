//! The verdict of a run.

use cruddur_messages::domain::{conversation, message};
use uuid::Uuid;

use crate::audit::ledger::{Outcome, Send};
use crate::audit::verdict::{Column, Verdict};

/// Creates the verdict of a run with acknowledged and rejected sends, and the column of one reader.
fn verdict(acknowledged: usize, rejected: u64, column: Column) -> Verdict {
    let mut verdict = without_readers(acknowledged, rejected);
    verdict.add("table", column, &[]);
    verdict
}

fn without_readers(acknowledged: usize, rejected: u64) -> Verdict {
    let (id, conversation) = (message::Id(Uuid::nil()), conversation::Id(Uuid::nil()));
    let outcome = Outcome::Acknowledged { at: 2, conversation, seq: None };
    Verdict::new(&vec![Send { id, from: 0, to: 1, began: 1, outcome }; acknowledged], rejected)
}

#[test]
fn a_run_is_clean_if_every_count_but_the_first_is_0() {
    assert!(verdict(1, 0, Column::default()).is_clean());
    assert!(!verdict(0, 0, Column::default()).is_clean(), "a run without sends proves nothing");
    assert!(!verdict(1, 1, Column::default()).is_clean());
    assert!(!verdict(1, 0, Column { unread: 1, ..Column::default() }).is_clean());
    assert!(!without_readers(1, 0).is_clean(), "a run without readers proves nothing");
}

#[test]
fn numbers_are_grouped_by_three_digits_and_right_aligned() {
    let text = verdict(1_000, 0, Column { lost: 1_234_567, ..Column::default() }).to_string();
    for line in
        ["sends acknowledged         1,000", "wrongly rejected               0", "lost                   1,234,567"]
    {
        assert!(text.lines().any(|shown| shown == line), "{line:?} in {text}");
    }
}
