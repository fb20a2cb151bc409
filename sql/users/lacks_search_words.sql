-- Returns true if there are users whose search words are not known.
select exists (select from users where search_words is null) as "lacks!"
