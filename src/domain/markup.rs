//! Escaping for markup that Leptos does not escape.

/// Escapes `text` for use as the content of a `textarea`. Only `&` and `<` are special there (HTML, section 13.2.5.2).
/// The parser of a page drops a leading line break, so the result of the server begins with an extra one. What a script
/// sets as `innerHTML` keeps it.
pub fn textarea_content(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let dropped = if cfg!(target_arch = "wasm32") { "" } else { "\n" };
    format!("{dropped}{}", text.replace('&', "&amp;").replace('<', "&lt;"))
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
