//! Tests of the parts of the audit: what they count, inject and print.

mod faults;

mod judge;

mod proxy;

mod texts;

mod verdict;
