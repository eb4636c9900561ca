//! Signs how far the journal and the receipts have come, so that nobody can make them anew unseen.

use std::sync::Arc;

use super::context::{Context, blocking};
use crate::package::{ChainEnd, JournalHead};

/// The journal as it was signed last in this run.
#[derive(Debug, Default)]
pub(super) struct LastHead(Option<(ChainEnd, ChainEnd)>);

impl LastHead {
    /// Signs the head, if the chains have grown since the last one. Without it nothing is lost but the
    /// proof of the rows since then, until the next one: so a fault is only told.
    pub(super) async fn renew(&mut self, context: &Arc<Context>) {
        let (store, journal, receipts) = match context.store.chain_ends().await {
            Ok(ends) => ends,
            Err(error) => {
                tracing::warn!(code = error.code(), %error, "the journal cannot be signed");
                return;
            }
        };
        if self.0 == Some((journal, receipts)) {
            return;
        }
        let now = context.now();
        let shared = Arc::clone(context);
        let signed = blocking(move || {
            let proof = shared.proof();
            // Whose certificate is not valid at the moment cannot sign for the others either way.
            let config = shared.config();
            let offices = config.offices.iter().map(|office| office.number);
            let mut usable = offices.filter_map(|office| {
                proof.usable_signer(office, now).ok().map(|signer| (office, signer))
            });
            let (office, signer) = usable.next()?;
            JournalHead::new(store, office, now, journal, receipts).sign(signer, now).ok()
        });
        let Some(der) = signed.await.flatten() else {
            tracing::warn!("no office has a certificate with which the journal can be signed");
            return;
        };
        match context.store.add_head(der, now).await {
            Ok(()) => self.0 = Some((journal, receipts)),
            Err(error) => {
                tracing::warn!(code = error.code(), %error, "the signed journal head is lost");
            }
        }
    }
}
