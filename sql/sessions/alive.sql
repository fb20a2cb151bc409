-- Which of these sessions are not over. One query for all that have a stream open. A page that asks for nothing else has its
-- access renewed when its stream is opened anew: by then the user pool says whether the account still may.
select id_hash
from sessions
where id_hash = any($1) and idle_ends_at > now() and access_ends_at > now() - interval '1 hour'
