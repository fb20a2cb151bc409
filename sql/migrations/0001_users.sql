-- People. The table of the old app is taken over as it is: same names, same columns. Where rows of it contradict a unique
-- index below, PostgreSQL names the value and nothing is changed: which of two accounts is right is for a person to say.
create table if not exists users (
    uuid uuid primary key default gen_random_uuid(),
    display_name text not null,
    handle text not null,
    email text not null,
    cognito_user_id text not null,
    created_at timestamptz not null default now()
);

-- The old default needs the extension uuid-ossp.
alter table users alter column uuid set default gen_random_uuid();

-- The old app wrote UTC into a timestamp without a zone. An unconditional change would shift times that already have one.
do $$
begin
    if (
        select data_type = 'timestamp without time zone'
        from information_schema.columns
        where table_schema = current_schema() and table_name = 'users' and column_name = 'created_at'
    ) then
        alter table users alter column created_at type timestamptz using created_at at time zone 'utc';
    end if;
end
$$;

update users set created_at = now() where created_at is null;
alter table users alter column created_at set default now();
alter table users alter column created_at set not null;

-- Nobody tells Ana from ana.
create unique index users_handle_key on users (lower(handle));

-- One person per mailbox.
create unique index users_email_key on users (lower(email));

-- The old seeds wrote MOCK for every person until a script linked them to the user pool: those rows may repeat it, and
-- are linked when their person first signs in.
create unique index users_cognito_user_id_key on users (cognito_user_id) where cognito_user_id <> 'MOCK';

-- Search asks for the beginning of a handle or of any word of a name. A trigram index answers both, also under a
-- prepared statement whose pattern is not known when it is planned. The extension is a trusted one: the owner of the
-- database may create it.
create extension if not exists pg_trgm;
create index users_handle_search on users using gin (lower(handle) gin_trgm_ops);
create index users_name_search on users using gin ((' ' || replace(lower(display_name), '-', ' ')) gin_trgm_ops);
