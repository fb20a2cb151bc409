-- A person whom the old app knew, and whom nobody has linked to the user pool yet. $1: cognito_user_id, $2: e-mail.
update users
set cognito_user_id = $1
where lower(email) = lower($2) and cognito_user_id = 'MOCK'
returning uuid, handle, display_name
