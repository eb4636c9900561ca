//! Who lacks the newest plan about whom, and which packages would bring it.
//!
//! A package goes to another partner as it is. So it may only go where everybody in it is known, and
//! nobody gets an older plan by it: to a partner that has a plan or 予定 of each person in it, where it
//! is the newest about each.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::contents::{Document, PersonKey};
use crate::control::{CopyOrder, Request};
use crate::node::Handle;
use crate::store::{EntryId, KnownPerson, PlanVersions, StoreError};
use crate::types::{FileName, Lang, MessageId, OfficeNumber, ServiceMonth, ServiceType};

/// The versions of the plans of an office.
pub struct Newest {
    /// The newest plan about each person, and who has it.
    pub versions: Vec<PlanVersions>,
    /// The packages that hold the newest plans, by their entries; those that are kept.
    pub packages: BTreeMap<EntryId, MessageId>,
    /// Whose files go to whom at this moment, or went.
    pub copies: BTreeSet<(MessageId, OfficeNumber)>,
}

/// What would bring the newest plan to those who lack it.
#[derive(Default)]
pub struct Spread {
    /// What is sent.
    pub sent: Vec<Copy>,
    /// What cannot be sent from here.
    pub left: Vec<Left>,
}

/// A package for a partner.
pub struct Copy {
    /// As it is ordered.
    pub order: CopyOrder,
    /// Everybody in it.
    pub people: Vec<KnownPerson>,
}

/// A person of whom a partner lacks the newest plan.
pub struct Left {
    /// The person.
    pub person: KnownPerson,
    /// The partner.
    pub partner: OfficeNumber,
    /// Why the plan cannot be sent from here.
    pub why: Why,
}

/// Why a plan cannot be sent from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The package is no longer kept.
    NotKept,
    /// Its files hold other people too, whom the partner has nothing to do with, or of whom they hold
    /// no plan that is the newest.
    OthersInIt,
    /// The partner is not in the configuration.
    Stranger,
    /// Which service type of the partner it is for is not known.
    ServiceType,
    /// More are sent at once than is good.
    TooMany,
}

impl Why {
    /// In words.
    pub const fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::NotKept => {
                lang.pick("元のファイルが残っていません", "the files are no longer kept")
            }
            Self::OthersInIt => lang.pick(
                "ほかの方の情報も同じファイルに入っています",
                "the same files hold other people too",
            ),
            Self::Stranger => {
                lang.pick("相手として登録されていません", "the partner is not registered")
            }
            Self::ServiceType => lang.pick(
                "相手のどのサービス種類あてか分かりません",
                "which service type of the partner it is for is not known",
            ),
            Self::TooMany => lang.pick("一度に送る数を超えています", "more than go at once"),
        }
    }
}

impl Newest {
    /// Looks up the plans of a kind that `office` sent.
    pub async fn find(
        node: &Handle,
        office: OfficeNumber,
        document: Document,
        month: ServiceMonth,
    ) -> Result<Self, StoreError> {
        let store = node.store();
        let versions = store.plan_versions(office, document, month).await?;
        let entries: BTreeSet<EntryId> = versions.iter().map(|one| one.package).collect();
        let mut packages = BTreeMap::new();
        for entry in entries {
            if let Some(id) = kept(node, entry).await? {
                packages.insert(entry, id);
            }
        }
        Ok(Self { versions, packages, copies: store.copies(office, node.now()).await? })
    }

    /// Whether the newest plan goes to a partner at this moment, though no package of it is seen yet.
    pub fn is_copied(&self, versions: &PlanVersions, partner: OfficeNumber) -> bool {
        let id = self.packages.get(&versions.package);
        id.is_some_and(|id| self.copies.contains(&(*id, partner)))
    }

    /// What would bring the newest plan to those who lack it and do not get it already.
    pub async fn spread(&self, node: &Handle, document: Document) -> Result<Spread, StoreError> {
        let by_key: BTreeMap<PersonKey, &PlanVersions> =
            self.versions.iter().map(|one| (one.person.key, one)).collect();
        let mut spread = Spread::default();
        let mut sent: BTreeSet<(EntryId, OfficeNumber)> = BTreeSet::new();
        let mut in_package = BTreeMap::new();
        for versions in &self.versions {
            let lacking = versions.lacking().map(|holder| holder.partner);
            for partner in lacking.filter(|partner| !self.is_copied(versions, *partner)) {
                if sent.contains(&(versions.package, partner)) {
                    continue;
                }
                if let Entry::Vacant(place) = in_package.entry(versions.package) {
                    place.insert(node.store().plans_in(versions.package, document).await?);
                }
                let plans = in_package.get(&versions.package).and_then(Option::as_ref);
                let people = plans.and_then(|plans| everybody(plans, partner, &by_key));
                let copy = match (self.packages.get(&versions.package), people) {
                    _ if node.config().peer(partner).is_none() => Err(Why::Stranger),
                    (None, _) => Err(Why::NotKept),
                    (Some(_), None) => Err(Why::OthersInIt),
                    (Some(_), Some(_)) if spread.sent.len() >= Request::MOST_COPIES => {
                        Err(Why::TooMany)
                    }
                    (Some(id), Some(people)) => match service_type(node, partner, &people).await? {
                        Some(service_type) => {
                            let order = CopyOrder { source: *id, partner, service_type };
                            let people = people.iter().map(|one| one.person.clone()).collect();
                            Ok(Copy { order, people })
                        }
                        None => Err(Why::ServiceType),
                    },
                };
                match copy {
                    Ok(copy) => {
                        sent.insert((versions.package, partner));
                        spread.sent.push(copy);
                    }
                    Err(why) => {
                        let person = versions.person.clone();
                        spread.left.push(Left { person, partner, why });
                    }
                }
            }
        }
        Ok(spread)
    }
}

/// The package of an entry, if its bytes are kept.
async fn kept(node: &Handle, entry: EntryId) -> Result<Option<MessageId>, StoreError> {
    let details = match node.store().details(entry).await {
        Ok(details) => details,
        Err(StoreError::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    let is_kept = details.package.is_some_and(|package| package.is_kept);
    Ok(details.row.line.message_id.filter(|_| is_kept))
}

/// Everybody whom a package is about, if it may go to a partner: each has something there, and the plan
/// in it is the newest about each.
fn everybody<'v>(
    plans: &BTreeMap<PersonKey, Option<jiff::civil::Date>>,
    partner: OfficeNumber,
    known: &BTreeMap<PersonKey, &'v PlanVersions>,
) -> Option<Vec<&'v PlanVersions>> {
    let one = |(key, day): (&PersonKey, &Option<jiff::civil::Date>)| {
        let versions = *known.get(key)?;
        let has_something = versions.holders.iter().any(|holder| holder.partner == partner);
        (has_something && *day == Some(versions.newest)).then_some(versions)
    };
    plans.iter().map(one).collect()
}

/// The service type of a partner for the names of files about these people: the only one that it has, or
/// the one in the names of what went to it about each of them. `Some(None)` where names have none;
/// nothing where it is not known.
async fn service_type(
    node: &Handle,
    partner: OfficeNumber,
    people: &[&PlanVersions],
) -> Result<Option<Option<ServiceType>>, StoreError> {
    let config = node.config();
    let peer = config.peer(partner);
    if let Some([only]) = peer.map(|peer| peer.service_types.as_slice()) {
        return Ok(Some(Some(*only)));
    }
    let mut types = BTreeSet::new();
    for versions in people {
        let holder = versions.holders.iter().find(|holder| holder.partner == partner);
        let Some(last) = holder.and_then(|holder| holder.last) else { return Ok(None) };
        let files = match node.store().details(last).await {
            Ok(details) => details.row.line.unit.files,
            Err(StoreError::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let name = files.first().and_then(|file| FileName::parse(&file.name).ok());
        let Some(name) = name else { return Ok(None) };
        types.insert(name.service_types.map(|(_, recipient)| recipient));
    }
    let mut types = types.into_iter();
    Ok(types.next().filter(|_| types.next().is_none()))
}
