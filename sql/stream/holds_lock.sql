-- The connection is there for this one lock.
select exists (
    select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and granted
) as "holds!"
