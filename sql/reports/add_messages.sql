insert into report_messages (report_uuid, position, message_uuid, author_uuid, sent_at, body)
select $1, position, message_uuid, author_uuid, sent_at, body
from
    unnest($2::uuid [], $3::uuid [], $4::text [], $5::text [])
    with ordinality as messages (message_uuid, author_uuid, sent_at, body, position)
