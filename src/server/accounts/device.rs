//! Device of a session, from what its browser calls itself.
//!
//! A table of our own and no crate: those that parse user agents bring thousands of patterns, and a user only has to
//! recognize one of a few devices. A browser that is missing here is shown as unknown.

use crate::domain::session::Device;

/// Browsers by a part of their user agent. A browser also names those that it is compatible with, so the more special
/// ones come first.
const BROWSERS: [(&str, &str); 14] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Systems by a part of the user agent. Android also names Linux, and the iPhone "like Mac OS X".
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// Returns the device that a user agent names.
pub fn device(user_agent: &str) -> Device {
    let first = |table: &[(&str, &str)]| {
        table.iter().find(|(part, _)| user_agent.contains(part)).map(|(_, name)| (*name).to_owned())
    };
    Device { browser: first(&BROWSERS), system: first(&SYSTEMS) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_the_names_by_which_its_user_knows_it() {
        let mozilla = |rest: &str| format!("Mozilla/5.0 ({rest}");
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0";
        for (user_agent, browser, system) in [
            (mozilla("Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"), "Firefox", "Windows"),
            (mozilla(&format!("Windows NT 10.0; Win64; x64) {webkit} Safari/537.36 Edg/131.0.0.0")), "Edge", "Windows"),
            (mozilla(&format!("Linux; Android 10; K) {webkit} Mobile Safari/537.36")), "Chrome", "Android"),
            (mozilla(&format!("X11; CrOS x86_64 14541.0.0) {webkit} Safari/537.36")), "Chrome", "ChromeOS"),
            (mozilla(&format!("X11; Linux x86_64) {webkit} Safari/537.36 OPR/116.0.0.0")), "Opera", "Linux"),
            (
                mozilla("iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1"),
                "Safari",
                "iPhone",
            ),
            (
                mozilla("iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 FxiOS/133.0 Mobile Safari/605.1.15"),
                "Firefox",
                "iPad",
            ),
            (
                mozilla("Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15"),
                "Safari",
                "macOS",
            ),
        ] {
            let expected = Device { browser: Some(browser.to_owned()), system: Some(system.to_owned()) };
            assert_eq!(device(&user_agent), expected, "{user_agent}");
        }
        for user_agent in ["", "Test browser", "<script>"] {
            assert_eq!(device(user_agent), Device::default(), "{user_agent}");
        }
    }
}
