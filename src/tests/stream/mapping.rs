//! One shard behind an event source mapping, with the rules of Lambda's documentation ("Using AWS Lambda with Amazon
//! DynamoDB", "Configuring partial batch response with DynamoDB and Lambda"), but without Lambda.

use std::collections::VecDeque;
use std::ops::Range;

use cruddur_messages::server::stream::change::Change;

/// Configuration and state of the mapping. It bisects failed batches, and expects the numbers of failed records.
#[derive(Debug)]
pub(crate) struct Mapping {
    /// `BatchSize`.
    pub(crate) batch_max: usize,
    /// `MaximumRetryAttempts`.
    pub(crate) retries_max: u8,
    /// `MaximumRecordAgeInSeconds`, where a second is one step of the history.
    pub(crate) age_max: usize,
    /// Number of finished records.
    checkpoint: usize,
    /// Batches that were read and are not finished, in order.
    pending: VecDeque<Batch>,
    /// Records that were sent to the on-failure destination.
    pub(crate) discarded: Vec<Range<usize>>,
}

#[derive(Debug, Clone)]
struct Batch {
    records: Range<usize>,
    failures: u8,
}

/// Result of an invocation.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// The sequence numbers in `batchItemFailures`.
    Failures(Vec<String>),
    /// The function returned an error or died.
    Error,
}

impl Mapping {
    /// Creates a mapping that starts at `TRIM_HORIZON`.
    pub(crate) fn new(batch_max: usize, retries_max: u8, age_max: usize) -> Self {
        let (pending, discarded) = (VecDeque::new(), Vec::new());
        Self { batch_max, retries_max, age_max, checkpoint: 0, pending, discarded }
    }

    /// Returns the next batch for the function. `ages` are those of all records of the shard.
    pub(crate) fn next(&mut self, ages: &[usize]) -> Option<Range<usize>> {
        loop {
            if self.pending.is_empty() {
                let end = ages.len().min(self.checkpoint + self.batch_max);
                self.pending.push_back(Batch { records: self.checkpoint..end, failures: 0 });
            }
            let batch = self.pending.front()?;
            if batch.records.is_empty() {
                self.pending.clear();
                return None;
            }
            // Even if it has never been tried: "the maximum age of a record that Lambda sends to your function".
            let too_old = ages[batch.records.end - 1] > self.age_max;
            if !too_old && batch.failures <= self.retries_max {
                return Some(batch.records.clone());
            }
            self.discarded.push(batch.records.clone());
            self.done();
        }
    }

    /// Handles the function's result.
    pub(crate) fn handle(&mut self, answer: &Answer, shard: &[Change]) {
        let Some(batch) = self.pending.front().cloned() else { return };
        let index = |number: &String| batch.records.clone().find(|&at| shard[at].sequence_number.0 == *number);
        match answer {
            Answer::Failures(numbers) if numbers.is_empty() => self.done(),
            // An empty or unknown number: the whole batch has failed.
            Answer::Failures(numbers) => match numbers.iter().map(index).collect::<Option<Vec<_>>>() {
                Some(indexes) => {
                    let lowest = indexes.into_iter().min().unwrap_or(batch.records.start);
                    self.checkpoint = lowest;
                    let rest = Batch { records: lowest..batch.records.end, failures: batch.failures + 1 };
                    self.pending[0] = rest;
                }
                None => self.bisect(&batch),
            },
            Answer::Error => self.bisect(&batch),
        }
    }

    /// Restarts the mapping a little before its current position, as after a failure of its own.
    pub(crate) fn restart(&mut self, back: usize) {
        self.pending.clear();
        self.checkpoint = self.checkpoint.saturating_sub(back);
    }

    fn done(&mut self) {
        if let Some(batch) = self.pending.pop_front() {
            self.checkpoint = batch.records.end;
        }
    }

    /// Bisects a batch. This does not count as a retry; a batch of one record is retried.
    fn bisect(&mut self, batch: &Batch) {
        let Range { start, end } = batch.records;
        let middle = start + (end - start) / 2;
        self.pending.pop_front();
        if middle == start {
            self.pending.push_front(Batch { records: start..end, failures: batch.failures + 1 });
        } else {
            self.pending.push_front(Batch { records: middle..end, failures: batch.failures });
            self.pending.push_front(Batch { records: start..middle, failures: batch.failures });
        }
    }
}

#[test]
fn the_mapping_continues_from_the_lowest_number_that_failed() {
    let shard = records(6);
    let mut mapping = Mapping::new(4, 5, 100);
    assert_eq!(mapping.next(&[0; 6]), Some(0..4));
    mapping.handle(&Answer::Failures(vec!["3".to_owned(), "2".to_owned()]), &shard);
    assert_eq!(mapping.next(&[0; 6]), Some(2..4));
    mapping.handle(&Answer::Failures(Vec::new()), &shard);
    assert_eq!(mapping.next(&[0; 6]), Some(4..6));
    mapping.handle(&Answer::Failures(Vec::new()), &shard);
    assert_eq!(mapping.next(&[0; 6]), None);
}

#[test]
fn the_mapping_bisects_batches_that_fail_as_a_whole_and_gives_up_eventually() {
    let shard = records(2);
    for answer in [Answer::Error, Answer::Failures(vec![String::new()])] {
        let mut mapping = Mapping::new(4, 1, 100);
        let mut given = Vec::new();
        while let Some(batch) = mapping.next(&[0; 2]) {
            given.push(batch.clone());
            let fine = Answer::Failures(Vec::new());
            mapping.handle(if batch == (1..2) { &fine } else { &answer }, &shard);
        }
        assert_eq!(given, [0..2, 0..1, 0..1, 1..2]);
        assert!(matches!(mapping.discarded[..], [Range { start: 0, end: 1 }]));
    }
}

#[test]
fn the_mapping_discards_records_that_are_too_old() {
    let shard = records(2);
    let mut mapping = Mapping::new(1, 100, 10);
    assert_eq!(mapping.next(&[10, 11]), Some(0..1));
    mapping.handle(&Answer::Error, &shard);
    assert_eq!(mapping.next(&[10, 11]), Some(0..1), "at the maximum age");
    assert_eq!(mapping.next(&[11, 11]), None);
    assert!(matches!(mapping.discarded[..], [Range { start: 0, end: 1 }, Range { start: 1, end: 2 }]));
}

fn records(count: usize) -> Vec<Change> {
    use cruddur_messages::server::stream::change::SequenceNumber;
    (0..count).map(|n| Change::new(SequenceNumber(n.to_string()), None, None)).collect()
}
