//! Text that goes into markup by hand.

/// `text` as the content of a `textarea`. In there only `&` and `<` mean anything (HTML, section 13.2.5.2), and the
/// line break that comes first is dropped, so one is put in its place.
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
    fn a_text_cannot_end_its_textarea() {
        assert_eq!(textarea_content("</textarea><b>&amp;"), "\n&lt;/textarea>&lt;b>&amp;amp;");
        assert_eq!(textarea_content(""), "");
    }
}
