update users
set receipts = $2
where uuid = $1
