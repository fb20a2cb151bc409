select
    reports.uuid,
    reports.reporter_uuid,
    reporter.handle as "reporter?",
    reports.reported_uuid,
    reported.handle as "reported?",
    reports.conversation_uuid,
    reports.message_uuid,
    reports.reason,
    reports.details,
    reports.created_at,
    reports.closed_at
from reports
left join users as reporter on reporter.uuid = reports.reporter_uuid
left join users as reported on reported.uuid = reports.reported_uuid
where reports.uuid = $1
