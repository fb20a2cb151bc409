-- Called every few minutes for all users of a server. A user who does not show presence is left out.
update users
set last_seen_at = now()
where uuid = any($1) and presence
