-- Users with one of the handles $1 in any case. Replaces the legacy templates `short` and `uuid_from_handle` and the
-- recipient lookup of `create_message_users`.
select uuid, handle, display_name
from users
where lower(handle) = any(array(select lower(written) from unnest($1::text[]) as written))
