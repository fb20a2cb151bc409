-- Returns the user of a session cookie. Times are compared here, by PostgreSQL's clock, because all servers share it.
select
    users.uuid,
    users.handle,
    users.display_name,
    extract(epoch from sessions.access_ends_at - now())::float8 as "access_secs_left!",
    coalesce(sessions.refresh_retry_at > now(), false) as "refresh_paused!",
    sessions.last_seen_at < now() - interval '5 minutes' as "seen_long_ago!"
from sessions
join users on users.uuid = sessions.user_uuid
where sessions.id_hash = $1 and sessions.idle_ends_at > now()
