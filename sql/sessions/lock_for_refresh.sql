-- Locks the session. Concurrent refreshes block here and then see the winner's tokens.
select
    sessions.refresh_token_sealed,
    sessions.seal_key_id,
    users.cognito_user_id,
    extract(epoch from sessions.access_ends_at - now())::float8 as "access_secs_left!",
    coalesce(sessions.refresh_retry_at > now(), false) as "refresh_paused!"
from sessions
join users on users.uuid = sessions.user_uuid
where
    sessions.id_hash = $1
    and sessions.idle_ends_at > now()
    and users.suspended_at is null
    and users.deletion_requested_at is null
for update of sessions
