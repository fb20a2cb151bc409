-- $1: the beginning, lower case, as a pattern that like takes literally. $2: who asks.
select uuid, handle, display_name
from users
where
    uuid <> $2
    and (
        lower(handle) like $1 || '%'
        or ' ' || replace(lower(display_name), '-', ' ') like '% ' || replace($1, '-', ' ') || '%'
    )
-- The handle itself, then the beginnings of handles, then names.
order by lower(handle) like $1 desc, lower(handle) like $1 || '%' desc, lower(handle)
limit $3
