//! Escaping for markup that Leptos does not escape.

/// Escapes `text` for use as the content of a `textarea`. Only `&` and `<` are special there (HTML, section 13.2.5.2).
/// Parsers drop a leading line break, so the result begins with an extra one.
pub fn textarea_content(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("\n{}", text.replace('&', "&amp;").replace('<', "&lt;"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_close_its_textarea() {
        assert_eq!(textarea_content("</textarea><b>&amp;"), "\n&lt;/textarea>&lt;b>&amp;amp;");
        assert_eq!(textarea_content(""), "");
    }
}
