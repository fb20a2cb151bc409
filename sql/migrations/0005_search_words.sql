-- Words by which a user is found: those of the handle and of the name, folded by src/server/store/postgres/words.rs. Not
-- a generated column with `unaccent`: folding would depend on the extension and on the locale of the database. A tsvector
-- compares bytes, and its GIN index answers the beginning of a word, of any script and of any length.
--
-- Null means that the words are not known yet: in rows from before this migration, and in rows that the old app or an
-- older version of the server writes. Both insert and update only the columns that they know. The server fills the gaps
-- at start-up and before each search. A later change of the folding sets the column to null.
alter table users add column search_words tsvector;
create index users_search_words on users using gin (search_words);
create index users_without_search_words on users (uuid) where search_words is null;

-- A changed name makes the words unknown again, whichever program changes it.
create function forget_search_words() returns trigger language plpgsql as $$
begin
    new.search_words := null;
    return new;
end
$$;

create trigger users_forget_search_words
before update of handle, display_name on users
for each row
when (old.handle is distinct from new.handle or old.display_name is distinct from new.display_name)
execute function forget_search_words();

-- The trigram indexes of 0001 stay for the servers of the previous version. A later migration drops them.
