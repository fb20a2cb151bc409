-- Takes an attempt, which needs $2 seconds to refill, from the quota $1, which takes $3 seconds to refill from empty.
-- Returns the seconds until it is full again as of before, and whether the attempt was allowed. The generic cell rate
-- algorithm, by the clock that all servers share.
with taken as (
    insert into rate_limits as quota (key, full_at)
    values ($1, now() + make_interval(secs => $2))
    on conflict (key) do update
    set full_at = greatest(quota.full_at, now()) + make_interval(secs => $2)
    where greatest(quota.full_at, now()) + make_interval(secs => $2) <= now() + make_interval(secs => $3)
    returning 1
)

select
    exists(select from taken) as "allowed!",
    coalesce((select extract(epoch from full_at - now())::float8 from rate_limits where key = $1), 0) as "full_in_secs!"
