-- Whom nobody has linked to the user pool yet.
select uuid, handle, display_name
from users
where cognito_user_id = 'MOCK'
order by lower(handle)
