//! The stream handler, for AWS Lambda.

fn main() {}
