-- The operator can suspend a user: the user cannot sign in, their sessions and tokens end, and nothing is deleted. Null for
-- all others.
alter table users add column suspended_at timestamptz;
