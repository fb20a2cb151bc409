-- The folding of search words treated a capital sharp s as a letter of its own. The words of these users are computed
-- again; the condition finds all forms that the old folding has stored as it is.
update users set search_words = null where display_name like '%ẞ%' or handle like '%ẞ%';
