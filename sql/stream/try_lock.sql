-- Held until the connection ends, and so no longer than its server lives. One reader for each table.
select pg_try_advisory_lock(hashtextextended('stream of ' || $1, 0)) as "taken!"
