-- Returns true if the e-mail $1 belongs to a user other than the one with the cognito_user_id $2.
select exists (
    select from users where lower(email) = lower($1) and cognito_user_id <> $2
) as "taken!"
