//! What stands above every page.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::domain::error::AppError;
use crate::domain::user::User;
use crate::ui::components::account_menu::AccountMenu;
use crate::ui::components::brand::Brand;

/// The brand alone, where nobody may be signed in.
#[component]
pub fn PlainHeader() -> impl IntoView {
    view! { <header class="header"><Brand/></header> }
}

/// The brand, the ways through the app, and who is signed in.
#[component]
pub fn Header(
    /// Who is signed in.
    me: Resource<Result<User, AppError>>,
) -> impl IntoView {
    view! {
        <header class="header">
            <Brand/>
            <nav class="header__nav" aria-label="Main">
                <NavLink href="/messages" label="Messages"/>
                <NavLink href="/messages/new" label="New message"/>
            </nav>
            <div class="header__account">
                <Suspense fallback=|| view! { <span class="avatar skeleton"></span> }>
                    {move || Suspend::new(async move { me.await.ok().map(|user| view! { <AccountMenu user/> }) })}
                </Suspense>
            </div>
        </header>
    }
}

#[component]
fn NavLink(href: &'static str, label: &'static str) -> impl IntoView {
    let pathname = use_location().pathname;
    let current = move || (*pathname.read() == href).then_some("page");
    view! { <a class="header__link" href=href aria-current=current>{label}</a> }
}
