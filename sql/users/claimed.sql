-- Returns true if a user has the e-mail $1 or the handle $2.
select exists (
    select from users where lower(email) = lower($1) or lower(handle) = lower($2)
) as "claimed!"
