//! Views that the server writes in one go, and views that are drawn anew instead of being changed.

use leptos::prelude::*;
use leptos::reactive::owner::WeakOwner;
use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::reactive_graph::OwnedView;
use leptos::tachys::view::{Position, PositionState};

use crate::ui::components::show::Case;

/// View without resources of its own. The server writes its elements into one buffer: Leptos would write those that may
/// wait for data, and all in a `Suspense` may, each into a buffer of its own.
///
/// In the browser it is like its content. If it is drawn `ANEW`, the next view takes its place as a whole.
pub struct AtOnce<V = Case, const ANEW: bool = false>(V);

/// View with signals of its own, in a `Suspense` or a `Transition`. It and its signals live until the next view takes
/// its place.
///
/// The signals that these create end when they begin to load, while their view stays and still reads them. And of the
/// next view, rows with the same keys would take over those of this one, with their signals.
pub type Anew = AtOnce<OwnedView<AnyView>, true>;

/// Returns the view of a `Suspend`, once its data is there.
pub fn at_once(view: Case) -> AtOnce {
    AtOnce(view)
}

/// Component whose `Suspense` or `Transition` draws one view after another, each with signals of its own.
#[derive(Clone, Copy)]
pub struct DrawsAnew(StoredValue<WeakOwner>);

impl DrawsAnew {
    /// The component that calls this.
    pub fn here() -> Self {
        Self(StoredValue::new(Owner::current().unwrap_or_default().downgrade()))
    }

    /// Draws a view when it is about to appear: its effects find their elements on the page.
    pub fn draw(self, draw: impl FnOnce() -> AnyView + Send + 'static) -> Anew {
        let component = self.0.try_with_value(WeakOwner::upgrade).flatten();
        let owner = component.map_or_else(Owner::new, |component| component.with(Owner::new));
        let mut draw = Some(draw);
        let view = move || draw.take().map_or_else(|| ().into_any(), untrack);
        AtOnce(OwnedView::new_with_owner(view.into_any(), owner))
    }
}

impl<V: Render, const ANEW: bool> Render for AtOnce<V, ANEW> {
    type State = V::State;

    fn build(self) -> Self::State {
        self.0.build()
    }

    fn rebuild(self, state: &mut Self::State) {
        if ANEW {
            let mut next = self.build();
            state.insert_before_this(&mut next);
            state.unmount();
            *state = next;
        } else {
            self.0.rebuild(state);
        }
    }
}

impl<V: RenderHtml, const ANEW: bool> AddAnyAttr for AtOnce<V, ANEW> {
    type Output<A: Attribute> = V::Output<A>;

    fn add_any_attr<A: Attribute>(self, attribute: A) -> Self::Output<A>
    where
        Self::Output<A>: RenderHtml,
    {
        self.0.add_any_attr(attribute)
    }
}

impl<V: RenderHtml + 'static, const ANEW: bool> RenderHtml for AtOnce<V, ANEW> {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = V::MIN_LENGTH;
    const EXISTS: bool = V::EXISTS;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn html_len(&self) -> usize {
        self.0.html_len()
    }

    fn to_html_with_buf(
        self,
        html: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        attributes: Vec<AnyAttribute>,
    ) {
        self.0.to_html_with_buf(html, position, escape, mark_branches, attributes);
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Self::State {
        self.0.hydrate::<FROM_SERVER>(cursor, position)
    }

    async fn hydrate_async(self, cursor: &Cursor, position: &PositionState) -> Self::State {
        self.0.hydrate_async(cursor, position).await
    }

    fn into_owned(self) -> Self {
        self
    }
}
