-- Forgets which account of the user pool the person with the e-mail $1 has, unless it is $2: the pool of a developer's
-- machine may have been lost. Their next sign-in links them anew.
update users
set cognito_user_id = 'MOCK'
where lower(email) = lower($1) and cognito_user_id <> $2
