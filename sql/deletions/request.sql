-- Requests the deletion of the user $1, also of their messages ($2), and rejects all access tokens that have been issued to
-- them. A repeated request counts from the first one.
update users
set
    deletion_requested_at = coalesce(deletion_requested_at, now()),
    deletes_messages = $2,
    tokens_valid_from = now()
where uuid = $1
