-- DynamoDB keeps the records and shards of a stream for one day, so older checkpoints are useless.
delete from stream_checkpoints
where updated_at < now() - interval '2 days'
