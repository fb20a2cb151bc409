-- Takes attempts that have been answered already from the quotas $1. They need $2 seconds to refill, and the quotas need
-- $3 from empty, which is the most that is owed. Returns the seconds until each quota is full again. Always in the order
-- of the keys, so that the statements of two servers wait for each other and never in a circle.
with spent as (
    select key, secs, full_secs
    from unnest($1::bytea [], $2::float8 [], $3::float8 []) as spent (key, secs, full_secs)
)

insert into rate_limits as quota (key, full_at)
select spent.key, now() + make_interval(secs => least(spent.secs, spent.full_secs))
from spent
order by spent.key
on conflict (key) do update
set full_at = least(
    greatest(quota.full_at, now()) + (excluded.full_at - now()),
    now() + make_interval(secs => (select spent.full_secs from spent where spent.key = quota.key))
)
returning quota.key, extract(epoch from quota.full_at - now())::float8 as "full_in_secs!"
