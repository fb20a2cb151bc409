-- $1: search prefix, lower case, with the wildcards of LIKE escaped. $2: the searching user, who is left out.
select uuid, handle, display_name
from users
where
    uuid <> $2
    and (
        lower(handle) like $1 || '%'
        or ' ' || replace(lower(display_name), '-', ' ') like '% ' || replace($1, '-', ' ') || '%'
    )
-- Exact handle first, then handle prefixes, then names.
order by lower(handle) like $1 desc, lower(handle) like $1 || '%' desc, lower(handle)
limit $3
