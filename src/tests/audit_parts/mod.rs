//! Tests of the parts of the audit: what they count, inject and print.

mod case;

mod faults;

mod judge;

mod judged_changes;

mod judged_revisions;

mod proxy;

mod texts;

mod verdict;
