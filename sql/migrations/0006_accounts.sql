-- Only an address that the user pool has verified is stored, and an address belongs to one user at a time. A user whose
-- address is not verified, or now belongs to another account, has none.
alter table users alter column email drop not null;

-- Access tokens issued before this time are rejected, although their signature is valid: the user has signed out
-- everywhere or has a new password.
alter table users add column tokens_valid_from timestamptz;

-- Rate limits that all servers share. A limit is stored as the time at which its quota is full again. Unlogged: after a
-- crash of PostgreSQL all quotas are full, which does no harm, and each attempt costs no write to the log.
create unlogged table rate_limits (
    -- Hash of the action and of an address or account, so that the table names neither.
    key bytea primary key check (octet_length(key) = 32),
    full_at timestamptz not null
);

-- The cleanup selects by time.
create index rate_limits_full_at on rate_limits (full_at);
