-- Rejects all access tokens that have been issued to the user $1.
update users
set tokens_valid_from = now()
where uuid = $1
