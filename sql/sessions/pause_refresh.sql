update sessions
set refresh_retry_at = now() + make_interval(secs => $2)
where id_hash = $1
