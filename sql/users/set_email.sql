-- Stores the verified e-mail $2 of the account $1; null if it has none, or if it is that of an unlinked user.
update users
set email = held.email
from (
    select case when exists (
        select from users where lower(email) = lower($2) and cognito_user_id <> $1
    ) then null else $2 end as email
) as held
where users.cognito_user_id = $1 and users.cognito_user_id <> 'MOCK' and users.email is distinct from held.email
