delete from sessions
where user_uuid = $1
returning id_hash, refresh_token_sealed, seal_key_id
