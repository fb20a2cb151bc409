-- Decides about a new session of the user $1.
select
    suspended_at is not null as "is_suspended!",
    deletion_requested_at is not null as "is_leaving!"
from users
where uuid = $1
