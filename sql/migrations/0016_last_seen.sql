-- When a user last had a page open, for the members of their conversations. Null if never, or if the user does not show
-- it: `presence` is the one switch of both.
alter table users add column last_seen_at timestamptz;
