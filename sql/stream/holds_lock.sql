-- This connection takes no other advisory lock, so any granted lock is the stream lock.
select exists (
    select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and granted
) as "holds!"
