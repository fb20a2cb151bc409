-- Deletion of accounts by their owners. It begins with a request, which a sign-in withdraws within 14 days, and ends with
-- the deletion of the row: a user without a row is shown as a deleted user everywhere.
--
-- A user with a request is not found, has no active session, and no accepted token.
alter table users add column deletion_requested_at timestamptz;

-- Null until the deletion begins, and then the time until which the process that works on it may go on alone. A process
-- that dies leaves the time to pass, and another one continues. From the beginning on, no sign-in withdraws the request.
alter table users add column deletion_leased_until timestamptz;

-- True if the user's messages are deleted, too.
alter table users add column deletes_messages boolean not null default false;

-- Conversation whose messages are being deleted, and the time of the last deleted one in it. The conversations are in the
-- order of their ids, so all before it are done.
alter table users add column deletion_cursor text;

create index users_deletion_requested_at on users (deletion_requested_at) where deletion_requested_at is not null;

-- Accounts that have been deleted. A sign-in that the user pool has accepted just before must not create the user again.
create table deleted_users (
    uuid uuid primary key,
    cognito_user_id text not null unique,
    deleted_at timestamptz not null default now()
);

-- The handle of a deleted user stays reserved for 30 days, as any handle that is given up: a stranger who took it at once
-- would be taken for its former owner. The server deletes the row then.
alter table former_handles drop constraint former_handles_user_uuid_fkey;
