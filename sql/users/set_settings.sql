update users
set
    receipts = $2,
    presence = $3,
    starters = $4,
    last_seen_at = case when presence and $3 then last_seen_at end
where uuid = $1
