select suspended_at is not null as "is_suspended!"
from users
where uuid = $1
