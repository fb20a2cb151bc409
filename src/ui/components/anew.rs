//! Views that are drawn anew instead of being changed.

use leptos::prelude::*;
use leptos::reactive::owner::WeakOwner;
use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::reactive_graph::OwnedView;
use leptos::tachys::view::{Position, PositionState};

/// View with signals of its own, in a `Transition`. It and its signals live until the next view takes its place.
///
/// The signals that a `Transition` creates end when it begins to load, while its view stays on the page and still reads
/// them. And of the next view, rows with the same keys would take over those of this one, with their signals.
pub struct Anew(OwnedView<AnyView>);

impl Anew {
    /// Draws the view. `owner`: the one of the component around the `Transition`.
    pub fn draw(owner: &WeakOwner, draw: impl FnOnce() -> AnyView) -> Self {
        let owner = owner.upgrade().map_or_else(Owner::new, |owner| owner.with(Owner::new));
        let view = owner.with(draw);
        Self(OwnedView::new_with_owner(view, owner))
    }
}

impl Render for Anew {
    type State = <OwnedView<AnyView> as Render>::State;

    fn build(self) -> Self::State {
        self.0.build()
    }

    fn rebuild(self, state: &mut Self::State) {
        let mut next = self.build();
        state.insert_before_this(&mut next);
        state.unmount();
        *state = next;
    }
}

impl AddAnyAttr for Anew {
    type Output<A: Attribute> = <OwnedView<AnyView> as AddAnyAttr>::Output<A>;

    fn add_any_attr<A: Attribute>(self, attribute: A) -> Self::Output<A>
    where
        Self::Output<A>: RenderHtml,
    {
        self.0.add_any_attr(attribute)
    }
}

impl RenderHtml for Anew {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

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
