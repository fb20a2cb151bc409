-- Returns true if the user $1 has an open report about the message or user $2.
select exists (
    select from reports
    where reporter_uuid = $1 and coalesce(message_uuid, reported_uuid) = $2 and closed_at is null
) as "is_open!"
