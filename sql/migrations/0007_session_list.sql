-- The list of a user's sessions names each of them, and shows the client address of its last recorded visit.
--
-- The name is no secret, and not derived from one: `id_hash` stays between the server and the database. The default
-- gives a name to the sessions that exist and to those that servers of the previous version create. It writes the table
-- anew, which takes a moment: sessions are deleted after 30 days at most.
alter table sessions add column uuid uuid not null default gen_random_uuid();

-- Null until a server of this version records a visit. An IPv6 address is reduced to its network, as for rate limits.
alter table sessions add column address inet;
