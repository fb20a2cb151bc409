-- How far the table's stream has been read. Losing a row costs only time: its shard is read again from the beginning, which
-- is at most a day back, and what was done already is not done twice.
create table stream_checkpoints (
    -- A table that is made anew has another stream.
    stream_arn text not null,
    shard_id text not null,

    -- The last record that is done; null where nothing was read, because the shard was empty when it was closed.
    sequence_number text,

    -- A shard that was closed and read to its end. Only then its children are read.
    finished boolean not null,

    updated_at timestamptz not null default now(),
    primary key (stream_arn, shard_id)
);
