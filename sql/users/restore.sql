-- Ends the suspension of the user $1. Returns no row for a user who is not suspended.
update users
set suspended_at = null
where uuid = $1 and suspended_at is not null
returning uuid
