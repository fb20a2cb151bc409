-- Who is signed in, in which browser. A copy of this table signs nobody in: it holds the SHA-256 of what the cookie says,
-- and the refresh token only under a key that is not in the database.
create table sessions (
    id_hash bytea primary key check (octet_length(id_hash) = 32),
    user_uuid uuid not null references users (uuid) on delete cascade,

    -- AES-256-GCM: nonce, ciphertext, tag. Sealed for this very id_hash, so it opens in no other row.
    refresh_token_sealed bytea not null,
    seal_key_id text not null,

    -- The access token itself is not kept. Nothing needs it; only when it ends counts.
    access_ends_at timestamptz not null,

    -- Set when the user pool could not be asked: until then nobody asks again.
    refresh_retry_at timestamptz,

    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),

    -- The session is over at idle_ends_at; each visit moves it on, but never past ends_at.
    idle_ends_at timestamptz not null,
    ends_at timestamptz not null,
    check (idle_ends_at <= ends_at),

    -- For a list of one's sessions: what the browser calls itself.
    user_agent text not null check (char_length(user_agent) <= 200)
);

-- "Sign out everywhere" asks by person, the sweep by time.
create index sessions_user_uuid on sessions (user_uuid);
create index sessions_idle_ends_at on sessions (idle_ends_at);
