-- Withdraws the request of the user $1. Returns no row if there is none, or if the deletion has begun.
update users
set deletion_requested_at = null, deletes_messages = false
where uuid = $1 and deletion_requested_at is not null and deletion_leased_until is null
returning uuid
