//! Which tasks a node has for its offices, and for each of them with each partner. They come and go
//! with the configuration: one that goes still ends what it has in hand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::context::{Context, Pair, stopped};
use super::downloads::DownloadFolder;
use super::errands::{Errand, Source, errands};
use super::fetch;
use super::folders::OfficeFolders;
use super::supervise::{Ending, Group, Staff};
use super::wake::pairs;
use super::{collect, dispatch, downloads, outbound, placing, relayed};
use crate::folder::Downloads;
use crate::types::OfficeNumber;

/// How long what a partner's former tasks have in hand may well take.
const LONGEST_ENDING: Duration = Duration::from_mins(15);

pub(super) struct Crew {
    context: Arc<Context>,
    staff: Staff,
    folders: Vec<OfficeFolders>,
    offices: BTreeMap<OfficeNumber, Group>,
    pairs: BTreeMap<Pair, Both>,
    /// Where packages are fetched.
    errands: BTreeMap<Errand, Group>,
    /// Former tasks of pairs that may still have something in hand.
    leaving: BTreeMap<Pair, Vec<Ending>>,
}

/// What an office and a partner have.
struct Both {
    dispatch: Group,
    collect: Group,
}

impl Crew {
    pub(super) fn new(context: Arc<Context>, staff: Staff, folders: Vec<OfficeFolders>) -> Self {
        let mut crew = Self {
            context,
            staff,
            folders: Vec::new(),
            offices: BTreeMap::new(),
            pairs: BTreeMap::new(),
            errands: BTreeMap::new(),
            leaving: BTreeMap::new(),
        };
        crew.set_folders(folders);
        crew
    }

    /// The folders that are open.
    pub(super) fn folders(&self) -> &[OfficeFolders] {
        &self.folders
    }

    /// Says which folders are open from now on, for tasks that begin.
    pub(super) fn set_folders(&mut self, folders: Vec<OfficeFolders>) {
        let places = folders.iter().map(|folders| (folders.named.number, folders.places()));
        self.context.set_places(places.collect());
        self.folders = folders;
    }

    /// Ends the tasks of these offices, and waits until they have: nobody works in their folders then.
    pub(super) async fn halt(&mut self, offices: &BTreeSet<OfficeNumber>) {
        let halted = offices.iter().filter_map(|office| self.offices.remove(office));
        let endings: Vec<_> = halted.map(Group::end).collect();
        for ending in endings {
            ending.over().await;
        }
    }

    /// Begins what the configuration names and is not there, and ends what it names no more. What asks
    /// the partners in `moved` begins anew.
    pub(super) fn follow(&mut self, moved: &BTreeSet<OfficeNumber>) {
        for folders in &self.folders {
            let office = folders.named.number;
            self.offices.entry(office).or_insert_with(|| {
                let group = self.staff.group();
                begin(&group, &self.context, folders);
                group
            });
        }
        self.offices
            .retain(|office, _| self.folders.iter().any(|folders| folders.named.number == *office));
        self.run_errands();
        let wanted = pairs(&self.context.config());
        let surplus: Vec<Pair> =
            self.pairs.keys().filter(|pair| !wanted.contains(pair)).copied().collect();
        for pair in surplus {
            if let Some(Both { dispatch, collect }) = self.pairs.remove(&pair) {
                self.leaving.entry(pair).or_default().extend([dispatch.end(), collect.end()]);
            }
        }
        for endings in self.leaving.values_mut() {
            endings.retain(|ending| !ending.is_over());
        }
        self.leaving.retain(|_, endings| !endings.is_empty());
        for pair in wanted {
            let former = self.leaving.get(&pair).cloned().unwrap_or_default();
            match self.pairs.get_mut(&pair) {
                None => {
                    let dispatch = self.dispatch(pair, former.clone());
                    let collect = self.collect(pair, former);
                    self.pairs.insert(pair, Both { dispatch, collect });
                }
                Some(_) if moved.contains(&pair.1) => {
                    // A question that is open at the former address may stay so for long; an answer to
                    // it would still be good, but nothing is lost without it.
                    let collect = self.collect(pair, former);
                    if let Some(both) = self.pairs.get_mut(&pair) {
                        let former = std::mem::replace(&mut both.collect, collect).end();
                        self.leaving.entry(pair).or_default().push(former);
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// Begins to fetch where something may wait, and ends it where nothing does any more. Two that did so
    /// at the same time would only ask twice.
    fn run_errands(&mut self) {
        let wanted = errands(&self.context.config());
        self.errands.retain(|errand, _| wanted.contains(errand));
        for errand in wanted {
            if self.errands.contains_key(&errand) {
                continue;
            }
            let group = self.staff.group();
            let name = format!("{} {}", errand.0, errand.1);
            let (context, own) = (Arc::clone(&self.context), errand.clone());
            group.keep(format!("fetch {name}"), move |beat, stopping| {
                fetch::run(Arc::clone(&context), own.clone(), beat, stopping)
            });
            let (context, own) = (Arc::clone(&self.context), errand.clone());
            group.keep(format!("receipts {name}"), move |beat, stopping| {
                fetch::put_receipts(Arc::clone(&context), own.clone(), beat, stopping)
            });
            if let Source::Relay(relay) = &errand.1 {
                let (context, own) = (Arc::clone(&self.context), (errand.0, relay.clone()));
                group.keep(format!("collect {name}"), move |beat, stopping| {
                    relayed::run(Arc::clone(&context), own.clone(), beat, stopping)
                });
            }
            self.errands.insert(errand, group);
        }
    }

    fn dispatch(&self, pair: Pair, former: Vec<Ending>) -> Group {
        let group = self.staff.group();
        let context = Arc::clone(&self.context);
        group.keep(format!("dispatch {} {}", pair.0, pair.1), move |beat, mut stopping| {
            let (context, former) = (Arc::clone(&context), former.clone());
            async move {
                beat.works_for("waiting for what was sent before", LONGEST_ENDING);
                // Two would send the same.
                if all_over(former, &mut stopping).await {
                    dispatch::run(context, pair, beat, stopping).await;
                }
            }
        });
        group
    }

    fn collect(&self, pair: Pair, former: Vec<Ending>) -> Group {
        let group = self.staff.group();
        let context = Arc::clone(&self.context);
        group.keep(format!("collect {} {}", pair.0, pair.1), move |beat, mut stopping| {
            let (context, former) = (Arc::clone(&context), former.clone());
            async move {
                beat.works_for("waiting for what was asked before", LONGEST_ENDING);
                if all_over(former, &mut stopping).await {
                    collect::run(context, pair, beat, stopping).await;
                }
            }
        });
        group
    }
}

/// Waits until former tasks have ended; `false` if those that wait are to end themselves.
async fn all_over(former: Vec<Ending>, stopping: &mut crate::work::watch::Receiver<bool>) -> bool {
    let over = async {
        for ending in former {
            ending.over().await;
        }
    };
    tokio::select! {
        biased;
        () = stopped(stopping) => false,
        () = over => true,
    }
}

/// Begins the tasks of an office.
fn begin(group: &Group, context: &Arc<Context>, folders: &OfficeFolders) {
    let office = folders.named.number;
    let shared = (Arc::clone(context), Arc::clone(&folders.drop));
    group.keep(format!("outbound {office}"), move |beat, stopping| {
        outbound::run(Arc::clone(&shared.0), Arc::clone(&shared.1), beat, stopping)
    });
    let shared = (Arc::clone(context), Arc::clone(&folders.drop));
    group.keep(format!("attachments out {office}"), move |beat, stopping| {
        outbound::send_attachments(Arc::clone(&shared.0), Arc::clone(&shared.1), beat, stopping)
    });
    let shared = (Arc::clone(context), Arc::clone(&folders.import));
    group.keep(format!("attachments in {office}"), move |beat, stopping| {
        placing::place_attachments(Arc::clone(&shared.0), Arc::clone(&shared.1), beat, stopping)
    });
    let shared = (Arc::clone(context), Arc::clone(&folders.outcome));
    group.keep(format!("outcomes {office}"), move |beat, stopping| {
        outbound::show_outcomes(Arc::clone(&shared.0), Arc::clone(&shared.1), beat, stopping)
    });
    if let Some(downloads) = &folders.named.downloads {
        let folder = DownloadFolder {
            office,
            folder: Downloads::new(downloads.clone()),
            import: Arc::clone(&folders.import),
        };
        let shared = (Arc::clone(context), folder);
        group.keep(format!("downloads {office}"), move |beat, stopping| {
            downloads::run(Arc::clone(&shared.0), shared.1.clone(), beat, stopping)
        });
    }
    let shared = (Arc::clone(context), Arc::clone(&folders.import));
    group.keep(format!("placing {office}"), move |beat, stopping| {
        placing::run(Arc::clone(&shared.0), Arc::clone(&shared.1), beat, stopping)
    });
}
