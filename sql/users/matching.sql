-- Returns those of the users $1 who have all words of the tsquery $2.
select uuid
from users
where uuid = any($1) and search_words @@ $2::text::tsquery
