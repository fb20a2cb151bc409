-- Rejects all access tokens that have been issued to the user $1. Unlike in end_tokens.sql, the user pool is not asked to
-- revoke them, so tokens of the present second are rejected, too.
update users
set tokens_valid_from = date_trunc('second', now()) + interval '1 second'
where uuid = $1
