-- Returns those of the handles $1 that are taken or reserved for their former owner.
select lower(handle) as "handle!"
from users
where lower(handle) = any($1)
union all
select handle
from former_handles
where handle = any($1) and reserved_until > now()
