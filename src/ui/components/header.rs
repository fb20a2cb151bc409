//! Header of every page.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::domain::error::AppError;
use crate::domain::user::User;
use crate::ui::components::account_menu::AccountMenu;
use crate::ui::components::brand::Brand;
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
