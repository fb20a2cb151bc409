//! Drawing of QR codes.

use std::fmt::Write;

use qrcode::{Color, EcLevel};

use crate::domain::authenticator::QrCode;

/// Width of the margin in modules, which the standard demands (ISO/IEC 18004, section 5.3.8).
const MARGIN: usize = 4;

/// Draws a text. `None` if it is too long.
pub(super) fn draw(text: &str) -> Option<QrCode> {
    let code = qrcode::QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (width, modules) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (y, row) in modules.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run[0] == Color::Dark {
                // Writing to a text never fails.
                let _ = write!(path, "M{} {}h{}v1h-{}z", x + MARGIN, y + MARGIN, run.len(), run.len());
            }
            x += run.len();
        }
    }
    Some(QrCode { width: width + 2 * MARGIN, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawing_has_the_modules_of_the_code() {
        let drawn = draw("A").expect("a code");
        assert_eq!(drawn.width, 21 + 8, "the smallest code, with its margin");
        // The finder pattern in the corner: a square of 7 modules around one of 3.
        assert!(drawn.path.starts_with("M4 4h7v1h-7z"), "{}", drawn.path);
        for line in ["M4 5h1v1h-1z", "M10 5h1v1h-1z", "M6 6h3v1h-3z"] {
            assert!(drawn.path.contains(line), "{line} in {}", drawn.path);
        }
        assert_eq!(draw(&"x".repeat(5_000)), None);
    }
}
