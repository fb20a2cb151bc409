-- Returns the active ones of the sessions $1, with their users. Times are compared here, by PostgreSQL's clock, because
-- all servers share it; what is left of them may be counted down by any clock. A user who is suspended or has
-- requested their deletion has no active session, even if a sign-in that was under way has created one.
select
    sessions.id_hash,
    extract(epoch from sessions.idle_ends_at - now())::float8 as "idle_secs_left!",
    extract(epoch from sessions.access_ends_at - now())::float8 as "access_secs_left!",
    coalesce(extract(epoch from sessions.refresh_retry_at - now())::float8, 0) as "pause_secs_left!",
    extract(epoch from sessions.last_seen_at + interval '5 minutes' - now())::float8 as "visit_due_in_secs!",
    users.uuid,
    users.handle,
    users.display_name,
    users.receipts,
    users.presence,
    users.last_seen_at,
    users.cognito_user_id,
    users.tokens_valid_from
from sessions
join users on users.uuid = sessions.user_uuid
where
    sessions.id_hash = any($1)
    and sessions.idle_ends_at > now()
    and users.suspended_at is null
    and users.deletion_requested_at is null
