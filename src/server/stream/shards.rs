//! Which shards there are, how far each has been read, and which may be read now.

use std::collections::{HashMap, HashSet};

use crate::server::stream::checkpoint::Checkpoint;
use crate::server::stream::source::{Listed, Place};

/// A shard, as far as it is known.
#[derive(Debug, Clone)]
pub(super) struct Shard {
    pub(super) listed: Listed,
    pub(super) place: Place,
    /// Where the last read ended, if it is known.
    pub(super) iterator: Option<String>,
    /// Whether it is closed, and all of it done.
    pub(super) finished: bool,
    /// The record that was not done at the last try, and how often it was not.
    pub(super) stuck: Option<(String, u32)>,
}

impl Shard {
    /// As the checkpoint says; at its beginning without one.
    pub(super) fn new(listed: Listed, checkpoint: Option<&Checkpoint>) -> Self {
        let number = checkpoint.and_then(|checkpoint| checkpoint.sequence_number.clone());
        Self {
            listed,
            place: number.map_or(Place::Beginning, Place::After),
            iterator: None,
            finished: checkpoint.is_some_and(|checkpoint| checkpoint.finished),
            stuck: None,
        }
    }

    /// What to keep of it.
    pub(super) fn checkpoint(&self) -> Checkpoint {
        let sequence_number = match &self.place {
            Place::Beginning => None,
            Place::After(number) => Some(number.clone()),
        };
        Checkpoint {
            stream_arn: self.listed.stream_arn.clone(),
            shard_id: self.listed.shard_id.clone(),
            sequence_number,
            finished: self.finished,
        }
    }
}

/// The shards that are listed now, with what is known of them from before, else from the checkpoints.
pub(super) fn renewed(known: Vec<Shard>, listed: Vec<Listed>, checkpoints: &[Checkpoint]) -> Vec<Shard> {
    let mut known: HashMap<_, _> = known.into_iter().map(|shard| (key(&shard.listed), shard)).collect();
    let kept = |listed: &Listed| {
        checkpoints.iter().find(|kept| kept.stream_arn == listed.stream_arn && kept.shard_id == listed.shard_id)
    };
    listed.into_iter().map(|it| known.remove(&key(&it)).unwrap_or_else(|| Shard::new(it.clone(), kept(&it)))).collect()
}

/// Those that may be read now, by their place in `shards`: not finished, and their parent finished or thrown away.
pub(super) fn ready(shards: &[Shard]) -> Vec<usize> {
    let open: HashSet<_> = shards.iter().filter(|shard| !shard.finished).map(|shard| key(&shard.listed)).collect();
    let waits = |shard: &Shard| {
        let parent = shard.listed.parent.as_ref();
        parent.is_some_and(|parent| open.contains(&(shard.listed.stream_arn.clone(), parent.clone())))
    };
    let ready = shards.iter().enumerate().filter(|(_, shard)| !shard.finished && !waits(shard));
    ready.map(|(place, _)| place).collect()
}

fn key(listed: &Listed) -> (String, String) {
    (listed.stream_arn.clone(), listed.shard_id.clone())
}
