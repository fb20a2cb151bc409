-- Deletes the user $1, whose deletion has begun. Sessions are deleted with it.
delete from users
where uuid = $1 and deletion_leased_until is not null
