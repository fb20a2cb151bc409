-- Returns those of the handles $1 that are taken.
select lower(handle) as "handle!"
from users
where lower(handle) = any($1)
