//! Where somebody was going when they were asked to sign in.

/// Where those go who were going nowhere.
pub const HOME: &str = "/messages";

/// The longest way that is remembered.
const NEXT_LEN_MAX: usize = 1024;

/// `next` if it is a path of ours, else [`HOME`]. Strict, because it comes from an address that anybody can write: what
/// one browser reads as a path, another may read as a host.
pub fn destination(next: &str) -> &str {
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let is_path = path.starts_with('/')
        && !path.contains("//")
        && path.split('/').all(|segment| segment != "." && segment != "..");
    let is_plain = next.len() <= NEXT_LEN_MAX && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_path && is_plain { next } else { HOME }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_ours_is_kept() {
        for next in ["/messages", "/", "/messages/new/ana?x=1#y", "/messages/0198?next=//evil.example"] {
            assert_eq!(destination(next), next);
        }
    }

    #[test]
    fn anything_else_leads_home() {
        let long = format!("/{}", "a".repeat(NEXT_LEN_MAX));
        for next in [
            "",
            "messages",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/a\\..\\b",
            "https://evil.example/",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\n/evil.example",
            " /messages",
            "/..//evil.example",
            "/./messages",
            "/messages\u{0}",
            "/é",
            &long,
        ] {
            assert_eq!(destination(next), HOME, "{next:?}");
        }
    }
}
