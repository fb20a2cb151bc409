-- $2 and $3 are null if the refresh token did not change.
update sessions
set
    refresh_token_sealed = coalesce($2, refresh_token_sealed),
    seal_key_id = coalesce($3, seal_key_id),
    access_ends_at = $4,
    refresh_retry_at = null
where id_hash = $1
