-- Closes the report $1. Returns no row if it does not exist or is closed already.
update reports
set closed_at = now()
where uuid = $1 and closed_at is null
returning uuid
