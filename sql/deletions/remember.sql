-- Remembers that the user $1 has been deleted. Their sessions and all else in the row go with it.
insert into deleted_users (uuid, cognito_user_id)
select uuid, cognito_user_id
from users
where uuid = $1 and deletion_leased_until is not null
on conflict do nothing
