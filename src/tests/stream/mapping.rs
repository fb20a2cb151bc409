//! One shard behind an event source mapping: the rules of Lambda's documentation ("Using AWS Lambda with Amazon DynamoDB",
//! "Configuring partial batch response with DynamoDB and Lambda"), without Lambda.

use std::collections::VecDeque;
use std::ops::Range;

use cruddur_messages::server::stream::batch::Record;

/// What the mapping is told, and where it stands. Bisects, and expects to hear which records failed.
#[derive(Debug)]
pub(crate) struct Mapping {
    /// `BatchSize`.
    pub(crate) batch_max: usize,
    /// `MaximumRetryAttempts`.
    pub(crate) retries_max: u8,
    /// `MaximumRecordAgeInSeconds`, where a second is one step of the history.
    pub(crate) age_max: usize,
    /// How many records are done with.
    checkpoint: usize,
    /// What was read and is not done with, in order.
    pending: VecDeque<Batch>,
    /// What went to the on-failure destination.
    pub(crate) discarded: Vec<Range<usize>>,
}

#[derive(Debug, Clone)]
struct Batch {
    records: Range<usize>,
    failures: u8,
}

/// What came of an invocation.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// `batchItemFailures`: the numbers in it.
    Failures(Vec<String>),
    /// The function has thrown an error, or died.
    Error,
}

impl Mapping {
    /// One that starts at `TRIM_HORIZON`.
    pub(crate) fn new(batch_max: usize, retries_max: u8, age_max: usize) -> Self {
        let (pending, discarded) = (VecDeque::new(), Vec::new());
        Self { batch_max, retries_max, age_max, checkpoint: 0, pending, discarded }
    }

    /// What the function is given next. `ages` are those of all records of the shard.
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
            // Whether or not it has been tried: "the maximum age of a record that Lambda sends to your function".
            let too_old = ages[batch.records.end - 1] > self.age_max;
            if !too_old && batch.failures <= self.retries_max {
                return Some(batch.records.clone());
            }
            self.discarded.push(batch.records.clone());
            self.done();
        }
    }

    /// What it does with the function's answer.
    pub(crate) fn heed(&mut self, answer: &Answer, shard: &[Record]) {
        let Some(batch) = self.pending.front().cloned() else { return };
        let place = |number: &String| batch.records.clone().find(|&at| shard[at].sequence_number.0 == *number);
        match answer {
            Answer::Failures(numbers) if numbers.is_empty() => self.done(),
            // An empty or unknown number: the whole batch has failed.
            Answer::Failures(numbers) => match numbers.iter().map(place).collect::<Option<Vec<_>>>() {
                Some(places) => {
                    let lowest = places.into_iter().min().unwrap_or(batch.records.start);
                    self.checkpoint = lowest;
                    let rest = Batch { records: lowest..batch.records.end, failures: batch.failures + 1 };
                    self.pending[0] = rest;
                }
                None => self.bisect(&batch),
            },
            Answer::Error => self.bisect(&batch),
        }
    }

    /// The mapping is made to begin again a little before where it was, as after a failure of its own.
    pub(crate) fn restart(&mut self, back: usize) {
        self.pending.clear();
        self.checkpoint = self.checkpoint.saturating_sub(back);
    }

    fn done(&mut self) {
        if let Some(batch) = self.pending.pop_front() {
            self.checkpoint = batch.records.end;
        }
    }

    /// Halves a batch. That does not count as a retry; a batch of one record is retried.
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
fn the_mapping_goes_on_from_the_lowest_number_that_failed() {
    let shard = records(6);
    let mut mapping = Mapping::new(4, 5, 100);
    assert_eq!(mapping.next(&[0; 6]), Some(0..4));
    mapping.heed(&Answer::Failures(vec!["3".to_owned(), "2".to_owned()]), &shard);
    assert_eq!(mapping.next(&[0; 6]), Some(2..4));
    mapping.heed(&Answer::Failures(Vec::new()), &shard);
    assert_eq!(mapping.next(&[0; 6]), Some(4..6));
    mapping.heed(&Answer::Failures(Vec::new()), &shard);
    assert_eq!(mapping.next(&[0; 6]), None);
}

#[test]
fn the_mapping_halves_what_fails_as_a_whole_and_gives_up_in_the_end() {
    let shard = records(2);
    for answer in [Answer::Error, Answer::Failures(vec![String::new()])] {
        let mut mapping = Mapping::new(4, 1, 100);
        let mut given = Vec::new();
        while let Some(batch) = mapping.next(&[0; 2]) {
            given.push(batch.clone());
            let fine = Answer::Failures(Vec::new());
            mapping.heed(if batch == (1..2) { &fine } else { &answer }, &shard);
        }
        assert_eq!(given, [0..2, 0..1, 0..1, 1..2]);
        assert!(matches!(mapping.discarded[..], [Range { start: 0, end: 1 }]));
    }
}

#[test]
fn the_mapping_gives_up_what_is_too_old() {
    let shard = records(2);
    let mut mapping = Mapping::new(1, 100, 10);
    assert_eq!(mapping.next(&[10, 11]), Some(0..1));
    mapping.heed(&Answer::Error, &shard);
    assert_eq!(mapping.next(&[10, 11]), Some(0..1), "as long as it may be");
    assert_eq!(mapping.next(&[11, 11]), None);
    assert!(matches!(mapping.discarded[..], [Range { start: 0, end: 1 }, Range { start: 1, end: 2 }]));
}

fn records(count: usize) -> Vec<Record> {
    use cruddur_messages::server::stream::batch::SequenceNumber;
    (0..count).map(|n| Record { sequence_number: SequenceNumber(n.to_string()), row: None }).collect()
}
