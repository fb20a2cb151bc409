-- What several people have and only one may have. Runs on the table of the old app as well, before it is migrated.
select what as "what!", value as "value!", array_agg(uuid::text order by created_at, uuid) as "people!"
from users
cross join lateral (
    values ('handle', lower(handle)), ('email', lower(email)), ('cognito_user_id', nullif(cognito_user_id, 'MOCK'))
) as unique_values (what, value)
where value is not null
group by what, value
having count(*) > 1
order by what, value
