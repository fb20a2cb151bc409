//! Part of a page that waits for a resource.

use leptos::prelude::*;

use crate::domain::error::AppError;
use crate::ui::components::at_once::at_once;
use crate::ui::components::error_note::LoadError;
use crate::ui::components::show::Case;
use crate::ui::state::dry_run::after_dry_run;
use crate::ui::state::page_resource::PageResource;

/// Draws the value of a resource once it is there, or an error in its place.
#[component]
pub fn Loaded<T, F>(resource: PageResource<Result<T, AppError>>, draw: F) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    F: Fn(T) -> AnyView + Copy + Send + Sync + 'static,
{
    let part = move || {
        Suspend::new(async move {
            let value = resource.await;
            after_dry_run().await;
            at_once(match value {
                Ok(value) => Case::A(draw(value)),
                Err(error) => Case::B(view! { <LoadError subject="This page" error/> }.into_any()),
            })
        })
    };
    view! { <Suspense>{move || part()}</Suspense> }
}
