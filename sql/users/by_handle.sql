-- Replaces the legacy templates `short` and `uuid_from_handle` and the recipient lookup of `create_message_users`.
select uuid, handle, display_name
from users
where lower(handle) = lower($1)
