//! How many bytes the parsers look at, counted in tests only: that each byte is looked at a bounded
//! number of times, whatever a file is made of, is no matter of time.

#[cfg(test)]
thread_local! {
    static BYTES: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// So many bytes are looked at, or copied.
#[cfg(test)]
pub(crate) fn look(bytes: usize) {
    BYTES.set(BYTES.get() + u64::try_from(bytes).unwrap_or(u64::MAX));
}

/// So many bytes are looked at, or copied.
#[cfg(not(test))]
#[inline]
pub(crate) const fn look(_bytes: usize) {}

/// How many bytes this thread looked at while it did something.
#[cfg(test)]
pub(crate) fn counted<T>(act: impl FnOnce() -> T) -> (T, u64) {
    BYTES.set(0);
    let value = act();
    (value, BYTES.get())
}
