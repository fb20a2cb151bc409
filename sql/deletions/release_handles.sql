-- Deletes the reservations of handles that have ended.
delete from former_handles
where reserved_until <= now()
