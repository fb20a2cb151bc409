-- Links an unlinked user, such as one of the legacy app, to the user pool. $1: cognito_user_id, $2: e-mail. The caller
-- must have verified the e-mail: otherwise a stranger could take over the row.
update users
set cognito_user_id = $1
where lower(email) = lower($2) and cognito_user_id = 'MOCK'
returning uuid, handle, display_name
