update sessions
set
    last_seen_at = now(),
    idle_ends_at = least(now() + interval '7 days', ends_at),
    address = coalesce($2::text::inet, address),
    place = case when $2 is null then place else $3 end
where id_hash = $1
