insert into audit_log (at, event, outcome, user_uuid, subject_uuid, route, address, request_id)
select at, event, outcome, user_uuid, subject_uuid, route, address::inet, request_id
from
    unnest(
        $1::timestamptz [], $2::text [], $3::text [], $4::uuid [], $5::uuid [], $6::text [], $7::text [], $8::text []
    ) as entries (at, event, outcome, user_uuid, subject_uuid, route, address, request_id)
