select receipts, presence
from users
where uuid = $1
