-- Returns the account of the user with the handle $1.
select uuid, cognito_user_id
from users
where lower(handle) = lower($1)
