-- Returns the active sessions among $1: one query for all event streams that are open. A page that sends no requests
-- does not refresh its access token. One hour after the token expires its stream is therefore closed; reconnecting
-- refreshes the token, and the user pool then decides whether the account may still be used.
select sessions.id_hash
from sessions
join users on users.uuid = sessions.user_uuid
where
    sessions.id_hash = any($1)
    and sessions.idle_ends_at > now()
    and sessions.access_ends_at > now() - interval '1 hour'
    and users.suspended_at is null
    and users.deletion_requested_at is null
