-- Links an unlinked user to the account $1 of the user pool: the user with the e-mail $2, or else the one with the
-- handle $3. Changes nothing if the account is already linked to a user.
update users
set cognito_user_id = $1
where
    uuid = (
        select uuid
        from users
        where cognito_user_id = 'MOCK' and (lower(email) = lower($2) or lower(handle) = lower($3))
        order by (lower(email) = lower($2)) is true desc
        limit 1
    )
    and cognito_user_id = 'MOCK'
    and not exists (select from users where cognito_user_id = $1)
returning uuid, handle, display_name
