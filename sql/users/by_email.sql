-- Returns the user with the verified e-mail $1.
select uuid, handle, display_name
from users
where lower(email) = lower($1)
