-- Returns the statement that creates the database $1: CREATE DATABASE takes no parameters, and %I quotes the name.
select format('create database %I', $1::text) as "statement!"
