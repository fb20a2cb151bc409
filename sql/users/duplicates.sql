-- Values that must be unique but belong to several users. Also runs on the legacy table before its migration.
select what as "what!", value as "value!", array_agg(uuid::text order by created_at, uuid) as "people!"
from users
cross join lateral (
    values ('handle', lower(handle)), ('email', lower(email)), ('cognito_user_id', nullif(cognito_user_id, 'MOCK'))
) as unique_values (what, value)
where value is not null
group by what, value
having count(*) > 1
order by what, value
