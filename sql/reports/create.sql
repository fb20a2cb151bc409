-- Returns no row if there is an open report of the same user about the same.
insert into reports (reporter_uuid, reported_uuid, conversation_uuid, message_uuid, reason, details)
values ($1, $2, $3, $4, $5, $6)
on conflict do nothing
returning uuid
