insert into stream_checkpoints (stream_arn, shard_id, sequence_number, finished)
values ($1, $2, $3, $4)
on conflict (stream_arn, shard_id) do update
set sequence_number = excluded.sequence_number, finished = excluded.finished, updated_at = now()
