delete from sessions
where id_hash = $1
returning id_hash, refresh_token_sealed, seal_key_id
