-- Returns those of the users $1 who have receipts turned on.
select uuid
from users
where uuid = any($1) and receipts
