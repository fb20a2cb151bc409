-- Replaces the legacy template `uuid_from_cognito_user_id` and the sender lookup of `create_message_users`. MOCK marks
-- unlinked users and must match none of them.
select uuid, handle, display_name
from users
where cognito_user_id = $1 and cognito_user_id <> 'MOCK'
