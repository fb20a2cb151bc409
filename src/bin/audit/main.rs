//! Two web servers under fire, and what is left afterwards.

fn main() {}
