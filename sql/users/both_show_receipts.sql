select count(*) filter (where receipts) = 2 as "both!"
from users
where uuid in ($1, $2)
