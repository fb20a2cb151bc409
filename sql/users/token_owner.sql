-- Returns the user of an access token of the account $1, which was issued at $2 (seconds since 1970). A token that was
-- issued in the second from which tokens are valid may be older or newer: only the user pool knows.
select
    uuid,
    handle,
    display_name,
    tokens_valid_from,
    coalesce($2 >= floor(extract(epoch from tokens_valid_from))::int8, true) as "valid!"
from users
where cognito_user_id = $1 and cognito_user_id <> 'MOCK'
