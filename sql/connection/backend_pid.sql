-- Process of PostgreSQL that serves this connection.
select pg_backend_pid()
