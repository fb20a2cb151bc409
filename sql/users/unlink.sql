-- Unlinks the user with the e-mail $1 from the user pool, unless the linked account is $2. A developer's local pool may
-- have been lost; the next sign-in links the user again.
update users
set cognito_user_id = 'MOCK'
where lower(email) = lower($1) and cognito_user_id <> $2
