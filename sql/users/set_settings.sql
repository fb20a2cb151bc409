update users
set receipts = $2, presence = $3
where uuid = $1
