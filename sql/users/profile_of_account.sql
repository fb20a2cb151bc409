-- Returns the user of the account $1. MOCK marks unlinked users and must match none of them.
select
    uuid,
    handle,
    display_name,
    receipts,
    presence,
    last_seen_at,
    cognito_user_id,
    tokens_valid_from,
    suspended_at is not null as "is_suspended!",
    deletion_requested_at is not null as "is_leaving!"
from users
where cognito_user_id = $1 and cognito_user_id <> 'MOCK'
