-- Deletes the reservations of deleted users that have ended.
delete from former_handles
where reserved_until <= now() and not exists (select from users where users.uuid = former_handles.user_uuid)
