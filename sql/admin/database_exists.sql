-- True if the database $1 exists.
select exists(select from pg_database where datname = $1) as "exists!"
