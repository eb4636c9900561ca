//! The squares (QR codes) that a telephone photographs.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// How wide a module is in a picture, in pixels.
const MODULE: usize = 6;

/// A square.
#[derive(Debug)]
pub struct Square {
    /// How many modules it is wide, with its margin.
    pub width: usize,
    /// The dark modules, as the path of a drawing.
    pub path: String,
}

impl Square {
    /// Light modules around it, which readers need.
    const MARGIN: usize = 4;

    /// The square of a text; nothing for one that is too long for any.
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let width = code.width();
        let mut path = String::new();
        for (place, color) in code.to_colors().into_iter().enumerate() {
            if color == Color::Dark {
                let (x, y) = (place % width + Self::MARGIN, place / width + Self::MARGIN);
                // Writing into a String cannot fail.
                let _ = write!(path, "M{x} {y}h1v1h-1z");
            }
        }
        Some(Self { width: width + 2 * Self::MARGIN, path })
    }

    /// The same as the file of a picture (SVG).
    pub fn to_svg(&self) -> String {
        let Self { width, path } = self;
        let size = width * MODULE;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{size}\" height=\"{size}\" \
             viewBox=\"0 0 {width} {width}\" shape-rendering=\"crispEdges\">\
             <rect width=\"{width}\" height=\"{width}\" fill=\"#fff\"/><path d=\"{path}\"/></svg>\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_is_square() {
        let square = Square::of("otpauth://totp/renkei:a?secret=GEZDGNBVGY3TQOJQ").expect("made");
        assert!(square.width > 21 + 8);
        // The first module of the first of the three marks, behind the margin.
        assert!(square.path.starts_with("M4 4h1v1h-1zM5 4"), "{}", square.path);
        assert!(Square::of(&"x".repeat(10_000)).is_none());
    }
}
