-- The operator can suspend a user: the user cannot sign in, their sessions and tokens end, and nothing is deleted. Null for
-- all others.
alter table users add column suspended_at timestamptz;

-- Security events of users, and all that operators read and do with the admin tool. No text, token or e-mail address is in
-- here.
create table audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    event text not null,
    outcome text not null,

    -- No references: an entry outlives what it names.
    user_uuid uuid,

    -- Conversation or report that the event is about.
    subject_uuid uuid,

    -- Pattern of the request's path, or the command of the admin tool.
    route text,
    address inet,
    request_id text,

    -- Role of PostgreSQL: the server's own, or that of an operator.
    recorded_by text not null default session_user
);

create index audit_log_at on audit_log (at);
create index audit_log_user_uuid on audit_log (user_uuid, at);

-- Entries are only ever added, whatever the rights of a role are. The owner of the table can remove the trigger.
create function refuse_change_of_audit_log() returns trigger language plpgsql as $$
begin
    raise exception 'audit_log is append-only' using errcode = 'insufficient_privilege';
end
$$;

create trigger audit_log_is_append_only
before update or delete or truncate on audit_log
for each statement
execute function refuse_change_of_audit_log();
