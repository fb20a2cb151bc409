select stream_arn, shard_id, sequence_number, finished
from stream_checkpoints
where stream_arn = any ($1)
