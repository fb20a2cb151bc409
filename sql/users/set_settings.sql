update users
set receipts = $2, presence = $3, starters = $4
where uuid = $1
