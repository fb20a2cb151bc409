//! Access matrix: every kind of user makes every call, and hears every event that they may hear.
//!
//! The routes come from the router, the server functions from their registry, and the events from their type. A new one
//! has no row in these tables, and fails the tests until it has.

mod actors;

mod events;

mod functions;

mod roles;

mod routes;
