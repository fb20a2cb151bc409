-- idle_ends_at never lies after ends_at, so this is every session that is over.
delete from sessions
where idle_ends_at <= now()
