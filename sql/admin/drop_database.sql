-- The statement that ends the sessions of the database $1 and drops it.
select format('drop database %I with (force)', $1::text) as "statement!"
