//! Order of the rows of a list, which does not change under the pointer.

use std::time::Duration;

use leptos::prelude::*;

/// Time after the pointer has left for which the order is still held. A finger leaves before its tap becomes a click.
const RELEASE_DELAY: Duration = Duration::from_millis(300);

/// Switch that holds the order of a list while a pointer is pressed or rests on it.
#[derive(Clone, Copy)]
pub struct HeldOrder {
    is_held: RwSignal<bool>,
    /// Number of times that the pointer has come or left.
    changes: StoredValue<u32>,
}

impl HeldOrder {
    /// Starts without a pointer.
    pub fn new() -> Self {
        Self { is_held: RwSignal::new(false), changes: StoredValue::new(0) }
    }

    /// Holds the order: the pointer has come.
    pub fn hold(self) {
        self.changes.update_value(|changes| *changes += 1);
        if !self.is_held.get_untracked() {
            self.is_held.set(true);
        }
    }

    /// Releases the order: the user has asked for other rows.
    pub fn release(self) {
        self.is_held.try_set(false);
    }

    /// Releases the order soon, unless the pointer comes back: it has left.
    pub fn release_soon(self) {
        self.changes.update_value(|changes| *changes += 1);
        let change = self.changes.get_value();
        let release = move || {
            if self.changes.try_get_value() == Some(change) {
                self.is_held.try_set(false);
            }
        };
        set_timeout(release, RELEASE_DELAY);
    }

    /// Returns the rows as they are shown: `rows` in the new order, unless the order is held.
    pub fn of<K: Copy + PartialEq + Send + Sync + 'static>(
        self,
        rows: impl Fn() -> Vec<K> + Send + Sync + 'static,
    ) -> Memo<Vec<K>> {
        Memo::new(move |shown: Option<&Vec<K>>| {
            let rows = rows();
            match shown {
                Some(shown) if self.is_held.get() => held(shown, &rows),
                _ => rows,
            }
        })
    }
}

impl Default for HeldOrder {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns the shown rows that are still there, in their old order, and the rows that have been added below them. Rows
/// that have come above must wait: they would move the others.
fn held<K: Copy + PartialEq>(shown: &[K], rows: &[K]) -> Vec<K> {
    let below = rows.iter().rposition(|row| shown.contains(row)).map_or(0, |last| last + 1);
    let kept = shown.iter().filter(|row| rows.contains(row));
    kept.chain(&rows[below..]).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // F14
    #[test]
    fn under_a_pointer_rows_keep_their_places_and_only_rows_below_are_added() {
        assert_eq!(held(&[1, 2, 3], &[3, 1, 2]), [1, 2, 3]);
        assert_eq!(held(&[1, 2, 3], &[9, 2, 1, 3, 4, 5]), [1, 2, 3, 4, 5]);
        assert_eq!(held(&[1, 2, 3], &[9, 1, 3]), [1, 3]);
        assert_eq!(held(&[], &[1, 2]), [1, 2]);
    }
}
