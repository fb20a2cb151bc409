//! Header of every page.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::domain::error::AppError;
use crate::domain::user::User;
use crate::ui::components::account_menu::AccountMenu;
use crate::ui::components::brand::Brand;
use crate::ui::state::dry_run::after_dry_run;
use crate::ui::state::page_resource::PageResource;

/// Header of the pages that need no sign-in: the brand alone.
#[component]
pub fn PlainHeader() -> impl IntoView {
    view! { <header class="header"><Brand/></header> }
}

/// Header of the other pages: the brand, the navigation and the account menu.
#[component]
pub fn Header(
    /// The signed-in user.
    me: PageResource<Result<User, AppError>>,
) -> impl IntoView {
    let menu = move || {
        Suspend::new(async move {
            let me = me.await;
            after_dry_run().await;
            me.ok().map(|user| view! { <AccountMenu user/> })
        })
    };
    view! {
        <header class="header">
            <Brand/>
            <nav class="header__nav" aria-label="Main">
                <NavLink href="/messages" label="Messages"/>
                <NavLink href="/messages/new" label="New message"/>
            </nav>
            <div class="header__account">
                <Suspense fallback=|| view! { <span class="avatar skeleton"></span> }>
                    {menu}
                </Suspense>
            </div>
        </header>
    }
}

#[component]
fn NavLink(href: &'static str, label: &'static str) -> impl IntoView {
    let pathname = use_location().pathname;
    view! {
        <a class="header__link" href=href aria-current=move || (*pathname.read() == href).then_some("page")>{label}</a>
    }
}
