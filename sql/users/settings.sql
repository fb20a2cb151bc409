select receipts, presence, starters
from users
where uuid = $1
