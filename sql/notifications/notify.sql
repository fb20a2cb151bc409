-- Sends $1 to all servers when the transaction is committed. PostgreSQL takes less than 8,000 bytes.
select pg_notify('changed_rows', $1)
