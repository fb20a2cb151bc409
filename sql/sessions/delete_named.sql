-- Deletes the session with the name $1, if it is one of the user $2.
delete from sessions
where uuid = $1 and user_uuid = $2
returning id_hash, refresh_token_sealed, seal_key_id
