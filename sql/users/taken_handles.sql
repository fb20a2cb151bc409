-- Those of the handles $1 that somebody has.
select lower(handle) as "handle!"
from users
where lower(handle) = any($1)
