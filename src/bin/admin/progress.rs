//! Progress of long operations. Shown on standard error if it is a terminal, and cleared at the end.

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// Creates a bar for a known number of items.
pub fn bar(count: usize, items: &'static str) -> ProgressBar {
    styled(ProgressBar::new(count.try_into().unwrap_or(u64::MAX)), "{msg} {wide_bar} {pos}/{len}", items)
}

/// Creates a counter for an unknown number of items.
pub fn counter(items: &'static str) -> ProgressBar {
    styled(ProgressBar::no_length(), "{msg} {pos}", items)
}

fn styled(bar: ProgressBar, template: &str, items: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).expect("the templates above are well formed");
    bar.with_style(style).with_message(items).with_finish(ProgressFinish::AndClear)
}
