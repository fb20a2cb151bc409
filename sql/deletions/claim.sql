-- Begins or continues the deletion of the user whose request is the oldest of those that are at least 14 days old, and
-- that no other process works on.
update users
set deletion_leased_until = now() + interval '5 minutes'
where uuid = (
    select uuid
    from users
    where
        deletion_requested_at <= now() - interval '14 days'
        and (deletion_leased_until is null or deletion_leased_until <= now())
    order by deletion_requested_at, uuid
    limit 1
    for update skip locked
)
returning uuid, cognito_user_id, deletes_messages, deletion_cursor
