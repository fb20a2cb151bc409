-- Active sessions of the user $1, first the session $2, then those that were used last, at most $3. Times are in the
-- canonical form.
select
    uuid,
    user_agent,
    host(address) as address,
    place,
    to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') as "started_at!",
    to_char(last_seen_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') as "last_used_at!",
    id_hash = $2 as "is_current!"
from sessions
where user_uuid = $1 and idle_ends_at > now()
order by id_hash = $2 desc, last_seen_at desc, uuid
limit $3
