//! The law of what a user writes, checked over random histories of two pages: nothing is lost, and nothing is sent
//! twice.
//!
//! The user types, sends, edits, deletes, reacts, reloads, discards, signs out and in again. Requests fail, or their
//! answers are lost. The browser wipes its storage, with or without notice, or refuses to keep more. Notices between
//! the pages are late. At any time every word is in a field, in the browser's storage, in a page's outbox or at the
//! server, unless the user has discarded it. In the end each word is in exactly one place: sent once, or in the draft.
//! The reactions are the ones that the user has wanted last.

mod check;

mod history;

mod page;

mod requests;

mod server;

mod simulation;

mod storage;

mod user;
