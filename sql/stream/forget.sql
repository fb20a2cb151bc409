-- A stream keeps its records and its shards for a day.
delete from stream_checkpoints
where updated_at < now() - interval '2 days'
