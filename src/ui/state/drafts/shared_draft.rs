//! Rules of a draft that several pages share, on plain values. The property test in `law_of_writing/` runs this code.

/// The kept draft as one composer last saw it. All composers of a conversation show the same text: each keeps what is
/// typed into it at once, and follows what the others keep. Both may change before one hears of the other, and then
/// both texts are kept.
///
/// An empty text is kept, too: it means that the draft was sent or deleted. A missing one means that the browser's
/// storage was wiped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SharedDraft {
    agreed: String,
}

/// Result of [`SharedDraft::sync`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    /// Text that the field must show, and that is kept.
    pub text: String,
    /// False if the browser has refused to keep it: only this page has it.
    pub is_kept: bool,
}

impl SharedDraft {
    /// Starts with a text that has just been kept.
    pub fn with(agreed: String) -> Self {
        Self { agreed }
    }

    /// Brings together the text of the field and the kept one. `put` keeps a text, and returns false if it cannot.
    pub fn sync(&mut self, typed: &str, kept: Option<&str>, put: impl FnOnce(&str) -> bool) -> Synced {
        let text = match kept {
            Some(theirs) if theirs != self.agreed && theirs != typed => {
                if typed == self.agreed {
                    theirs.to_owned()
                } else {
                    join(theirs, typed.strip_prefix(self.agreed.as_str()).unwrap_or(typed))
                }
            }
            _ => typed.to_owned(),
        };
        // Nothing kept and nothing written agree, unless another page may still show what was there.
        let is_new = kept.is_none() && self.agreed.is_empty();
        let is_kept = kept == Some(text.as_str()) || (is_new && text.is_empty()) || put(&text);
        if is_kept {
            self.agreed.clone_from(&text);
        } else if let Some(kept) = kept {
            kept.clone_into(&mut self.agreed);
        }
        Synced { text, is_kept }
    }

    /// Forgets the kept draft, which was removed because its user has signed out.
    pub fn forget(&mut self) {
        self.agreed.clear();
    }
}

/// Returns both texts, one below the other. A text that continues the first one contains it already.
pub(in crate::ui::state) fn join(first: &str, second: &str) -> String {
    if second.trim().is_empty() {
        first.to_owned()
    } else if first.trim().is_empty() || second.starts_with(first) {
        second.to_owned()
    } else {
        // The first text stays as it is: a page recognizes by it what is new.
        format!("{first}\n{second}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sync(agreed: &str, typed: &str, kept: Option<&str>) -> String {
        let mut draft = SharedDraft { agreed: agreed.to_owned() };
        draft.sync(typed, kept, |_| true).text
    }

    #[test]
    fn a_field_follows_what_another_page_keeps() {
        for kept in ["hello", "", "something else"] {
            assert_eq!(sync("hello", "hello", Some(kept)), kept);
        }
    }

    #[test]
    fn typing_changes_the_draft() {
        assert_eq!(sync("hello", "hello Ben", Some("hello")), "hello Ben");
        assert_eq!(sync("hello", "", Some("hello")), "");
    }

    #[test]
    fn a_draft_that_the_browser_has_lost_is_kept_again() {
        assert_eq!(sync("hello", "hello", None), "hello");
    }

    #[test]
    fn a_text_typed_before_the_page_was_alive_and_the_kept_draft_are_both_kept() {
        // F6
        assert_eq!(sync("", "x", Some("I was about to")), "I was about to\nx");
        assert_eq!(
            sync("", "I was about to say", Some("I was about to")),
            "I was about to say",
            "restored by the browser"
        );
    }

    #[test]
    fn a_text_that_was_sent_on_another_page_does_not_come_back_with_what_is_typed() {
        // F5
        assert_eq!(sync("hello", "hello!", Some("")), "!");
        assert_eq!(sync("hello", "hello and more", Some("another")), "another\n and more");
    }

    #[test]
    fn a_text_that_is_sent_after_the_browser_has_lost_its_draft_is_gone_from_the_other_pages_too() {
        let mut draft = SharedDraft { agreed: "hello".to_owned() };
        let mut kept = None;
        draft.sync("", None, |text| kept.replace(text.to_owned()).is_none());
        assert_eq!(kept.as_deref(), Some(""));
    }

    #[test]
    fn a_text_that_the_browser_refuses_to_keep_stays_in_the_field() {
        let mut draft = SharedDraft { agreed: "he".to_owned() };
        for typed in ["hel", "hell"] {
            let synced = draft.sync(typed, Some("he"), |_| false);
            assert_eq!(synced, Synced { text: typed.to_owned(), is_kept: false });
        }
    }
}
