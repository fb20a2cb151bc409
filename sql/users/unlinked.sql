-- Users who are not yet linked to the user pool.
select uuid, handle, email
from users
where cognito_user_id = 'MOCK'
order by lower(handle)
