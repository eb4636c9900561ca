//! What systemd is told where it listens (`NOTIFY_SOCKET`); without it, and on other systems,
//! nothing happens. A message that cannot be sent is no fault of ours.

#[cfg(unix)]
use sd_notify::NotifyState;

/// The program takes packages.
pub fn ready() {
    #[cfg(unix)]
    let _ = sd_notify::notify(&[NotifyState::Ready]);
}

/// All tasks go on.
pub fn watchdog() {
    #[cfg(unix)]
    let _ = sd_notify::notify(&[NotifyState::Watchdog]);
}

/// Certificates and lists are read again.
pub fn reloading() {
    #[cfg(unix)]
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        let _ = sd_notify::notify(&[NotifyState::Reloading, now]);
    }
}

/// The program has begun to stop.
pub fn stopping() {
    #[cfg(unix)]
    let _ = sd_notify::notify(&[NotifyState::Stopping]);
}
