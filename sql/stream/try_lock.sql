-- Allows one reader per table. The lock is held until the connection closes, so it does not outlive its server.
select pg_try_advisory_lock(hashtextextended('stream of ' || $1, 0)) as "taken!"
