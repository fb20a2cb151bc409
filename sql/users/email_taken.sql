-- Whether the e-mail $1 is that of somebody other than the cognito_user_id $2.
select exists (
    select from users where lower(email) = lower($1) and cognito_user_id <> $2
) as "taken!"
