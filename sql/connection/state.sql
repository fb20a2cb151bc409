-- Whether the database takes no writes, and whether it has been migrated at all.
select
    current_setting('transaction_read_only')::boolean as "is_read_only!",
    to_regclass('_sqlx_migrations') is not null as "is_migrated!"
