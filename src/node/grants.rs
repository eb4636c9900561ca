//! What a configuration grants to partners and to us with them, in the terms of the link.

use std::time::Duration;

use super::context::Context;
use super::open_files;
use crate::config::Config;
use crate::link::{ClientLimits, Limits};
use crate::types::code;

/// What the configuration grants to partners, as far as the operating system lets us.
pub(super) fn server_limits(context: &Context, config: &Config) -> Limits {
    let wanted = u64::from(config.limits.connections);
    let pairs = config.offices.len().saturating_mul(config.peers.len());
    let outgoing = u64::try_from(pairs).unwrap_or(u64::MAX).saturating_mul(2);
    let left = open_files::left_for_connections(outgoing).unwrap_or(u64::MAX);
    let defaults = Limits::default();
    let guests = u64::try_from(defaults.guests).unwrap_or(u64::MAX).min(left / 4);
    let connections = wanted.min(left.saturating_sub(guests));
    if connections >= wanted {
        context.notices.clear(code::FEW_OPEN_FILES, "node");
    } else {
        context.notices.raise(
            code::FEW_OPEN_FILES,
            "node",
            (
                format!("同時に開けるファイルの数の上限が小さいため、相手からの接続を {connections} 個までに減らしました（limits.connections は {wanted}）。上限（ulimit -n、systemd では LimitNOFILE）を大きくして、起動し直してください。"),
                format!("the limit of open files allows {connections} connections of partners only (limits.connections is {wanted}); raise it (ulimit -n, LimitNOFILE of systemd) and start again"),
            ),
            context.now(),
        );
    }
    Limits {
        package_bytes: config.limits.package_size,
        body_memory: config.limits.body_memory,
        partner_share: config.limits.partner_share,
        connections: usize::try_from(connections).unwrap_or(usize::MAX),
        guests: usize::try_from(guests).unwrap_or(usize::MAX),
        ..defaults
    }
}

/// What the configuration grants to us with partners.
pub(super) fn client_limits(config: &Config) -> ClientLimits {
    let uploads = usize::try_from(config.limits.in_flight).unwrap_or(usize::MAX);
    let wait = Duration::try_from(config.timing.receipt_wait).unwrap_or_default();
    let defaults = ClientLimits::default();
    ClientLimits {
        uploads_per_office: uploads,
        answer_timeout: defaults.answer_timeout.max(wait),
        ..defaults
    }
}
