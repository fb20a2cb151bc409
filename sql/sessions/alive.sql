-- Which of these sessions are not over. One query for all that have a stream open.
select id_hash
from sessions
where id_hash = any($1) and idle_ends_at > now()
