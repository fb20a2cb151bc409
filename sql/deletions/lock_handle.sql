-- Lets changes of the handle of the user $1 follow each other, with the lock of the function reserve_handles.
select pg_advisory_xact_lock(hashtext('former_handles'), hashtext(lower(handle))) is null as "locked!"
from users
where uuid = $1
