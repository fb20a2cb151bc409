-- Returns how many handles are reserved for the user $1, apart from the handle $2.
select count(*) as "reserved!"
from former_handles
where user_uuid = $1 and reserved_until > now() and handle <> lower($2)
