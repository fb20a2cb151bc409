-- The old app's template `uuid_from_cognito_user_id`, and the sender of `create_message_users`.
select uuid, handle, display_name
from users
where cognito_user_id = $1 and cognito_user_id <> 'MOCK'
