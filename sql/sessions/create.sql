insert into sessions (
    id_hash, user_uuid, refresh_token_sealed, seal_key_id, access_ends_at, user_agent, address, place, idle_ends_at,
    ends_at
)
values (
    $1, $2, $3, $4, $5, $6, $7::text::inet, $8, now() + interval '7 days', now() + interval '30 days'
)
