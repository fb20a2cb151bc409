-- The statement that makes the database $1: PostgreSQL takes no parameter there, but it knows how a name is quoted.
select format('create database %I', $1::text) as "statement!"
