-- Users who are not yet linked to the user pool.
select uuid, handle, display_name
from users
where cognito_user_id = 'MOCK'
order by lower(handle)
