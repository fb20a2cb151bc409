-- Handles that users have given up. Each is reserved for its former owner for 30 days: a link to it, or a message that
-- names it, must not lead to a stranger at once.
create table former_handles (
    -- In lower case, as handles are compared.
    handle text primary key,
    user_uuid uuid not null references users (uuid) on delete cascade,
    reserved_until timestamptz not null
);

create index former_handles_user_uuid on former_handles (user_uuid);

-- The rule is a trigger, so that it holds for every program: servers of the previous version, the admin tool and the old
-- app know nothing of this table.
--
-- A reserved handle is treated like a taken one in `insert … on conflict do nothing`: the row is left out. A server of
-- the previous version then tries another handle. An update of the handle leaves the row unchanged and returns none.
create function reserve_handles() returns trigger language plpgsql as $$
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
    delete from former_handles where handle = lower(new.handle);

    if tg_op = 'UPDATE' then
        insert into former_handles (handle, user_uuid, reserved_until)
        values (lower(old.handle), old.uuid, now() + interval '30 days');

        -- The last five of a user, so that no user hoards handles by changing theirs again and again.
        delete from former_handles
        where user_uuid = old.uuid and handle not in (
            select handle from former_handles
            where user_uuid = old.uuid
            order by reserved_until desc, handle
            limit 5
        );
    end if;
    return new;
end
$$;

create trigger users_reserve_new_handle
before insert on users
for each row
execute function reserve_handles();

create trigger users_reserve_changed_handle
before update of handle on users
for each row
when (lower(old.handle) is distinct from lower(new.handle))
execute function reserve_handles();
