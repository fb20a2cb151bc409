-- $1: the words of the search as a tsquery. $2: users who are left out. $3: the search as a handle. Users who have
-- requested their deletion are not found.
select uuid, handle, display_name
from users
where
    uuid <> all($2)
    and deletion_requested_at is null
    and search_words @@ $1::text::tsquery
-- Exact handle first, then handle prefixes, then names.
order by lower(handle) = lower($3) desc, starts_with(lower(handle), lower($3)) desc, lower(handle)
limit $4
