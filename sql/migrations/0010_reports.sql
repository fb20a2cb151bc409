-- Reports of messages and users to the operator. No references to users: a report stays when a user is deleted.
create table reports (
    uuid uuid primary key default gen_random_uuid(),
    reporter_uuid uuid not null,
    reported_uuid uuid not null,
    conversation_uuid uuid not null,

    -- Null if the user is reported, and not a single message.
    message_uuid uuid,
    reason text not null check (char_length(reason) <= 50),
    details text not null check (char_length(details) <= 2000),
    created_at timestamptz not null default now(),
    closed_at timestamptz
);

-- One open report of a user about the same message or user.
create unique index reports_open on reports (reporter_uuid, coalesce(message_uuid, reported_uuid))
where closed_at is null;

-- The operator works through the open ones, oldest first.
create index reports_open_created_at on reports (created_at) where closed_at is null;

-- Copies of the messages, as they were at the time of the report.
create table report_messages (
    report_uuid uuid not null references reports (uuid) on delete cascade,

    -- From 1, oldest first.
    position smallint not null,
    message_uuid uuid not null,
    author_uuid uuid not null,
    sent_at text not null,

    -- Empty if the message had been deleted.
    body text not null,
    primary key (report_uuid, position)
);
