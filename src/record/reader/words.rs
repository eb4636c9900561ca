//! Eight bytes at a time.

/// With how many bytes both begin.
#[inline]
pub(super) fn common_prefix(one: &[u8], two: &[u8]) -> usize {
    let ((ones, _), (twos, _)) = (one.as_chunks::<8>(), two.as_chunks::<8>());
    let words = ones.iter().zip(twos).take_while(|(one, two)| one == two).count() * 8;
    let rest = one.iter().zip(two).skip(words);
    words + rest.take_while(|(one, two)| one == two).count()
}

/// With how many bytes both end.
#[inline]
pub(super) fn common_suffix(one: &[u8], two: &[u8]) -> usize {
    let ((_, ones), (_, twos)) = (one.as_rchunks::<8>(), two.as_rchunks::<8>());
    let pairs = ones.iter().rev().zip(twos.iter().rev());
    let words = pairs.take_while(|(one, two)| one == two).count() * 8;
    let rest = one.iter().rev().zip(two.iter().rev()).skip(words);
    words + rest.take_while(|(one, two)| one == two).count()
}

/// One bit for each of the 64 bytes that is a comma or a double quote, the first byte lowest.
///
/// Eight bytes at a time, without a branch that could be guessed wrong; which of the bytes it was
/// is seen when the bit is looked at.
#[inline]
pub(super) fn delimiters(block: &[u8; 64]) -> u64 {
    let (words, _) = block.as_chunks::<8>();
    words.iter().enumerate().fold(0, |mask, (place, bytes)| {
        let word = u64::from_le_bytes(*bytes);
        let marks = (equal_bytes(word, b',') | equal_bytes(word, b'"')) >> 7;
        // Gathers the lowest bits of the eight bytes into one byte.
        mask | (marks.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (place * 8)
    })
}

/// The highest bit of each byte of a word.
pub(super) const HIGH: u64 = 0x8080_8080_8080_8080;

/// The highest bit of each byte that is zero.
#[inline]
pub(super) const fn zero_bytes(word: u64) -> u64 {
    !(((word & !HIGH) + !HIGH) | word | !HIGH)
}

/// The highest bit of each byte that is equal to another.
#[inline]
const fn equal_bytes(word: u64, byte: u8) -> u64 {
    zero_bytes(word ^ u64::from_le_bytes([byte; 8]))
}

/// The highest bit of each byte that separates items or records.
#[inline]
pub(super) const fn delimiter_bytes(word: u64) -> u64 {
    equal_bytes(word, b',')
        | equal_bytes(word, b'"')
        | equal_bytes(word, b'\r')
        | equal_bytes(word, b'\n')
}
