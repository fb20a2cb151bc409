-- Links the unlinked user with the e-mail $2 to the account $1 of the user pool, which has verified the e-mail. Changes
-- nothing if the account is already linked.
update users
set cognito_user_id = $1
where
    lower(email) = lower($2)
    and cognito_user_id = 'MOCK'
    and not exists (select from users where cognito_user_id = $1)
returning uuid, handle, display_name
