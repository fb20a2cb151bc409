//! Sources of the codes with which a user proves a second factor.

/// Source of a code at the sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeSource {
    /// An authenticator app.
    App,
    Email,
    /// A text message.
    Text,
}

impl CodeSource {
    const ALL: [Self; 3] = [Self::App, Self::Email, Self::Text];

    /// Returns the source as the query of the page names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Email => "email",
            Self::Text => "text",
        }
    }

    /// Parses the source in a query.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_read_as_it_was_written() {
        for source in CodeSource::ALL {
            assert_eq!(CodeSource::parse(source.as_str()), Some(source));
        }
        assert_eq!(CodeSource::parse("App"), None);
    }
}
