-- Users whose search words are not known. Several servers may fill them at once: each takes other rows.
select uuid, handle, display_name
from users
where search_words is null
limit $1
for update skip locked
