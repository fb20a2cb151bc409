-- Copied messages of the report $1, oldest first, with the handles that their authors have now.
select report_messages.message_uuid, report_messages.author_uuid, users.handle as "author?", sent_at, body
from report_messages
left join users on users.uuid = report_messages.author_uuid
where report_messages.report_uuid = $1
order by report_messages.position
