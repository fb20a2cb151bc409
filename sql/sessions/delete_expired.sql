-- idle_ends_at is never later than ends_at, so this deletes every expired session.
delete from sessions
where idle_ends_at <= now()
