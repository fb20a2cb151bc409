-- Client connections to the database $1, except the caller's own. Details of other roles' connections are null unless
-- the caller's role may see them.
select
    pid as "pid!",
    usename::text as username,
    application_name as application,
    host(client_addr) as client,
    state,
    coalesce(state_change, backend_start) as since
from pg_stat_activity
where datname = $1 and backend_type = 'client backend' and pid <> pg_backend_pid()
order by backend_start, pid
