-- Saves how far the messages of the user $1 have been deleted, and prolongs the time of the process that works on it.
update users
set deletion_cursor = $2, deletion_leased_until = now() + interval '5 minutes'
where uuid = $1
