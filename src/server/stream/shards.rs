//! Shards of the stream: their read positions, and the choice of those that may be read now.

use std::collections::{HashMap, HashSet};

use crate::server::stream::checkpoint::Checkpoint;
use crate::server::stream::source::{IteratorPosition, ListedShard};

/// State of a shard.
#[derive(Debug, Clone)]
pub(super) struct Shard {
    pub(super) listed: ListedShard,
    pub(super) position: IteratorPosition,
    /// Iterator after the last read, if it is known.
    pub(super) iterator: Option<String>,
    /// True if the shard is closed and all its records have been processed.
    pub(super) finished: bool,
    /// Record at which the last attempt failed, and the number of failed attempts.
    pub(super) stuck: Option<(String, u32)>,
}

impl Shard {
    /// Creates a shard at its checkpoint, or at its beginning without one.
    pub(super) fn new(listed: ListedShard, checkpoint: Option<&Checkpoint>) -> Self {
        let number = checkpoint.and_then(|checkpoint| checkpoint.sequence_number.clone());
        Self {
            listed,
            position: number.map_or(IteratorPosition::Oldest, IteratorPosition::After),
            iterator: None,
            finished: checkpoint.is_some_and(|checkpoint| checkpoint.finished),
            stuck: None,
        }
    }

    /// Returns the checkpoint to save.
    pub(super) fn checkpoint(&self) -> Checkpoint {
        let sequence_number = match &self.position {
            IteratorPosition::Oldest => None,
            IteratorPosition::After(number) => Some(number.clone()),
        };
        Checkpoint {
            stream_arn: self.listed.stream_arn.clone(),
            shard_id: self.listed.shard_id.clone(),
            sequence_number,
            finished: self.finished,
        }
    }
}

/// Merges the shards that are listed now with their known state, or else with their checkpoints.
pub(super) fn merge_listed(known: Vec<Shard>, listed: Vec<ListedShard>, checkpoints: &[Checkpoint]) -> Vec<Shard> {
    let mut known: HashMap<_, _> = known.into_iter().map(|shard| (key(&shard.listed), shard)).collect();
    let kept = |listed: &ListedShard| {
        checkpoints.iter().find(|kept| kept.stream_arn == listed.stream_arn && kept.shard_id == listed.shard_id)
    };
    listed.into_iter().map(|it| known.remove(&key(&it)).unwrap_or_else(|| Shard::new(it.clone(), kept(&it)))).collect()
}

/// Returns the indexes of the shards that may be read now: not finished, with a parent that is finished or no longer
/// listed.
pub(super) fn readable(shards: &[Shard]) -> Vec<usize> {
    let open: HashSet<_> = shards.iter().filter(|shard| !shard.finished).map(|shard| key(&shard.listed)).collect();
    let waits = |shard: &Shard| {
        let parent = shard.listed.parent.as_ref();
        parent.is_some_and(|parent| open.contains(&(shard.listed.stream_arn.clone(), parent.clone())))
    };
    let ready = shards.iter().enumerate().filter(|(_, shard)| !shard.finished && !waits(shard));
    ready.map(|(index, _)| index).collect()
}

fn key(listed: &ListedShard) -> (String, String) {
    (listed.stream_arn.clone(), listed.shard_id.clone())
}
