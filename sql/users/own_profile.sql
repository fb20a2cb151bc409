select uuid, handle, display_name
from users
where uuid = $1
