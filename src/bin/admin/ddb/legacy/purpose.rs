//! Purpose of a migration run.

/// Purpose of a migration run: a dry run or the real one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Only reads, and reports what would be changed.
    Report,
    /// Changes the table.
    Change,
}
