-- Creates or renews the login that LOGIN and LOGIN_PASSWORD describe. The one-off task `login` runs it as the master
-- user, which is no superuser. The role `cruddur_owner` owns the database. The logins act as it, so that a table that
-- one of them creates belongs to the next one, too.
\set ON_ERROR_STOP on
\getenv login LOGIN
\getenv password LOGIN_PASSWORD

select 'create role cruddur_owner nologin'
where not exists (select from pg_roles where rolname = 'cruddur_owner') \gexec

grant cruddur_owner to current_user;
alter database :"DBNAME" owner to cruddur_owner;
revoke all on database :"DBNAME" from public;

select format('create role %I nologin', :'login')
where not exists (select from pg_roles where rolname = :'login') \gexec

grant cruddur_owner to :"login";
alter role :"login" set role = 'cruddur_owner';
alter role :"login" login password :'password' valid until 'infinity';

-- The previous login stays for the servers that run until the next deployment has ended.
select format('alter role %I valid until %L', role.rolname, now() + interval '1 day')
from pg_auth_members member
join pg_roles owner on owner.oid = member.roleid and owner.rolname = 'cruddur_owner'
join pg_roles role on role.oid = member.member
where role.rolcanlogin and role.rolname not in (:'login', current_user)
  and coalesce(role.rolvaliduntil, 'infinity') = 'infinity' \gexec
