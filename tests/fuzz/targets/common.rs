//! How one input holds several files, so that ordinary files make seeds (`seeds.sh` makes them).

/// Between files.
pub const BETWEEN: &[u8] = b"\n\0\0\0\n";

/// At most eight files: each has its name in the first line, and its bytes behind it.
pub fn files(input: &[u8]) -> Vec<(String, &[u8])> {
    let mut files = Vec::new();
    let mut rest = Some(input);
    while let Some(bytes) = rest.filter(|_| files.len() < 8) {
        let found = bytes.windows(BETWEEN.len()).position(|window| window == BETWEEN);
        let own = found.map_or(bytes, |end| &bytes[..end]);
        rest = found.map(|end| &bytes[end + BETWEEN.len()..]);
        let line = own.iter().position(|byte| *byte == b'\n').unwrap_or(own.len());
        let name = String::from_utf8_lossy(&own[..line]).into_owned();
        files.push((name, own.get(line + 1..).unwrap_or_default()));
    }
    files
}
