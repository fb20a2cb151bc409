-- Saves the search words $2 of the users $1, both in the same order. The words of a user are separated by line feeds,
-- because PostgreSQL has no arrays of different lengths in an array.
update users
set search_words = array_to_tsvector(string_to_array(found.words, E'\n'))
from unnest($1::uuid[], $2::text[]) as found (uuid, words)
where users.uuid = found.uuid
