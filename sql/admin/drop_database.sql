-- Returns the statement that drops the database $1 and ends its open sessions.
select format('drop database %I with (force)', $1::text) as "statement!"
