-- Returns the verified e-mail of the user $1.
select email
from users
where uuid = $1
