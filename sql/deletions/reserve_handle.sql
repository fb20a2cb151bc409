-- Reserves the handle of the user $1, who is being deleted, as a handle that is given up.
insert into former_handles (handle, user_uuid, reserved_until)
select lower(handle), uuid, now() + interval '30 days'
from users
where uuid = $1
on conflict (handle) do update
set user_uuid = excluded.user_uuid, reserved_until = excluded.reserved_until
