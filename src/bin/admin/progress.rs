//! How far long work has come. Shown on a terminal only, on standard error, and gone when the work is done.

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// A bar for `count` things to do.
pub fn of(count: usize, doing: &'static str) -> ProgressBar {
    styled(ProgressBar::new(count.try_into().unwrap_or(u64::MAX)), "{msg} {wide_bar} {pos}/{len}", doing)
}

/// A counter, where nobody knows how much there is.
pub fn counting(doing: &'static str) -> ProgressBar {
    styled(ProgressBar::no_length(), "{msg} {pos}", doing)
}

fn styled(bar: ProgressBar, template: &str, doing: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).expect("the templates above are well formed");
    bar.with_style(style).with_message(doing).with_finish(ProgressFinish::AndClear)
}
