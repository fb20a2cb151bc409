-- Reports, oldest first, at most $2: all of them ($1), or only the open ones.
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
where $1 or reports.closed_at is null
order by reports.created_at, reports.uuid
limit $2
