-- Returns true if a user has the e-mail $1.
select exists (select from users where lower(email) = lower($1)) as "taken!"
