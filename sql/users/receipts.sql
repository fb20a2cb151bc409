select receipts
from users
where uuid = $1
