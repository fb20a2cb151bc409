//! Pieces that pages are made of.

pub mod form;
