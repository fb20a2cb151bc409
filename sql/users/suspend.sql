-- Suspends the user $1, and rejects all access tokens that have been issued to them. Returns no row for a user who is
-- suspended already.
--
-- Tokens name the second of their sign-in, so tokens of the present second are rejected, too.
update users
set suspended_at = now(), tokens_valid_from = date_trunc('second', now()) + interval '1 second'
where uuid = $1 and suspended_at is null
returning uuid
