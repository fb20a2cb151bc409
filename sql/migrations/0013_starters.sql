-- Users who can start a conversation with a user: everyone (as a request), those to whom the user has written, or nobody.
-- The previous version neither reads nor writes the column: its users keep the default.
alter table users add column starters text not null default 'everyone'
check (starters in ('everyone', 'contacts', 'nobody'));
