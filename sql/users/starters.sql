select starters
from users
where uuid = $1
