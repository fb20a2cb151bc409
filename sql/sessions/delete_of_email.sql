delete from sessions
using users
where users.uuid = sessions.user_uuid and lower(users.email) = lower($1)
returning sessions.id_hash, sessions.refresh_token_sealed, sessions.seal_key_id
