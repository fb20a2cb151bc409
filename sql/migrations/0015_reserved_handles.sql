-- Every handle that a user gives up is reserved for 30 days. Until now it was the last five of a user, and the sixth
-- one went to a stranger at once. With five reserved ones, a user can only go back to one of these, so no user hoards
-- them.
create or replace function reserve_handles() returns trigger language plpgsql as $$
declare
    changed text;
    handles text[] := array[lower(new.handle)];
begin
    if tg_op = 'UPDATE' then
        handles := handles || lower(old.handle);
    end if;

    -- Changes of the same handle follow each other, in one order for all. Without the lock, a new user who waits in the
    -- unique index for the owner of a handle to give it up would get it: that is after this check.
    for changed in select distinct unnest(handles) order by 1 loop
        perform pg_advisory_xact_lock(hashtext('former_handles'), hashtext(changed));
    end loop;

    if exists (
        select from former_handles
        where handle = lower(new.handle) and user_uuid <> new.uuid and reserved_until > now()
    ) then
        return null;
    end if;
    -- Concurrent changes of one user wait for each other: the row is locked.
    if tg_op = 'UPDATE' and 5 <= (
        select count(*) from former_handles
        where user_uuid = old.uuid and reserved_until > now() and handle <> lower(new.handle)
    ) then
        return null;
    end if;
    delete from former_handles where handle = lower(new.handle);

    if tg_op = 'UPDATE' then
        insert into former_handles (handle, user_uuid, reserved_until)
        values (lower(old.handle), old.uuid, now() + interval '30 days');

        delete from former_handles where user_uuid = old.uuid and reserved_until <= now();
    end if;
    return new;
end
$$;
