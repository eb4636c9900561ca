//! What the operating system and the person at the keyboard ask a running program for.

use std::io;

/// What the operating system or the person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// To stop, with Ctrl+C.
    Interrupt,
    /// To stop, as the system or a service manager asks.
    Stop,
    /// To read certificates and lists again.
    Reload,
}

/// Listens from here on to what is asked for; before, a signal would end the process.
///
/// One that comes while nobody waits is kept.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    reload: tokio::signal::unix::Signal,
    #[cfg(windows)]
    pause: tokio::signal::windows::CtrlBreak,
    #[cfg(windows)]
    close: tokio::signal::windows::CtrlClose,
    #[cfg(windows)]
    shutdown: tokio::signal::windows::CtrlShutdown,
}

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let terminate = signal(SignalKind::terminate())?;
            let interrupt = signal(SignalKind::interrupt())?;
            Ok(Self { interrupt, terminate, reload: signal(SignalKind::hangup())? })
        }
        #[cfg(windows)]
        {
            use tokio::signal::windows;
            // Break is what programs send that keep others running as a service.
            let (pause, close) = (windows::ctrl_break()?, windows::ctrl_close()?);
            let interrupt = windows::ctrl_c()?;
            Ok(Self { interrupt, pause, close, shutdown: windows::ctrl_shutdown()? })
        }
    }

    /// Waits until something is asked for.
    pub(super) async fn next(&mut self) -> Asked {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Interrupt,
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.reload.recv() => Asked::Reload,
        }
        #[cfg(windows)]
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Interrupt,
            _ = self.pause.recv() => Asked::Stop,
            _ = self.close.recv() => Asked::Stop,
            _ = self.shutdown.recv() => Asked::Stop,
        }
    }
}
