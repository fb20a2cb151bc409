-- Everything about users that requests need, so that one statement serves all of them.
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
where uuid = any($1)
