-- Deletes all sessions of the user $1 but the session $2.
delete from sessions
where user_uuid = $1 and id_hash <> $2
returning id_hash, refresh_token_sealed, seal_key_id
