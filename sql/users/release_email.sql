-- Takes the e-mail $2 from every user with another account than $1. The user pool verified it for $1, so the others have
-- lost it. An unlinked user keeps it, because that user is linked by it.
update users
set email = null
where lower(email) = lower($2) and cognito_user_id <> $1 and cognito_user_id <> 'MOCK'
