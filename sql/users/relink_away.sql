-- Unlinks all users but $2 from the account $1, and takes the e-mail $3 from them.
update users
set
    cognito_user_id = case when cognito_user_id = $1 then 'MOCK' else cognito_user_id end,
    email = null
where uuid <> $2 and (cognito_user_id = $1 or lower(email) = lower($3))
returning uuid, handle, display_name
