//! Views that wait for resources are built once on the server.

use std::future::poll_fn;
use std::mem::replace;
use std::task::Poll;

use leptos::leptos_dom::helpers::is_server;

/// Ends the dry runs of a `Suspense`. To be awaited between the resources of a view and the view.
///
/// On the server, a `Suspense` polls its children once to find the resources that they read, and again when these are
/// loaded, in case that they now read more. It only then lets them be built, and drops the views of the other two runs.
/// Those runs poll once, so a view behind this future is not part of them. It must not read a resource of its own.
pub async fn after_dry_run() {
    // Hydration in the browser needs the view at once.
    let mut was_polled = !is_server();
    poll_fn(move |context| {
        if replace(&mut was_polled, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
