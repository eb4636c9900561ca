//! What the exchange saves an office in a month: sheets of paper, hours, yen.
//!
//! # The model
//!
//! It is the one that was published for the exchange of care plans, for one office of care managers that
//! gives and takes everything on paper: 52.4 hours of work a month, of which about one third remains
//! with the exchange; 700 sheets; print 792 yen, communication 1,826, post 2,220, travel 2,140;
//! everything together, which we take to mean with the hours, 95,218 yen.
//!
//! # What is assumed
//!
//! * Work and cost are spread evenly over what is exchanged: an exchange of which half goes through
//!   this program saves half of what one saves of which everything does.
//! * By what share that is, two ways say. [`of_exchange`] takes the sheets that the packages of the
//!   month would have been ([`Assumptions::sheets_per_person`] for each person in a package) against
//!   those of the model's office. [`of_office`] takes the partners that are linked against all
//!   partners, and the users of the office against those of the model's.
//! * An hour costs what is left of the model's yen when the expenses are taken away:
//!   (95,218 − 792 − 1,826 − 2,220 − 2,140) / 52.4, about 1,684 yen.
//! * Paper that was printed anyway, licences, electricity and what the exchange itself costs are left
//!   out.
//!
//! All of it can be changed: [`Assumptions`] are an argument. The figures are estimates, and whoever
//! shows them has to say so.

/// The figures of the model. The defaults are those that were published, and ours where nothing was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assumptions {
    /// Hours of work of a month on paper.
    pub hours: f64,
    /// The share of them that remains with the exchange, 0 to 1.
    pub hours_that_remain: f64,
    /// Everything that a month on paper costs, in yen, the hours too.
    pub yen: f64,
    /// Print, in yen.
    pub print: f64,
    /// Telephone and fax, in yen.
    pub communication: f64,
    /// Post, in yen.
    pub post: f64,
    /// Travel, in yen.
    pub travel: f64,
    /// Sheets of a month on paper.
    pub sheets: f64,
    /// Users of the office that the figures are of. Ours: two care managers with 35 users each.
    pub users: f64,
    /// Users that one care manager looks after. Ours, from the same.
    pub users_per_manager: f64,
    /// Sheets about one person in one package. Ours: slip and annex, two sheets, or the tables of a
    /// plan, three; slips are sent every month.
    pub sheets_per_person: f64,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            hours: 52.4,
            hours_that_remain: 1.0 / 3.0,
            yen: 95_218.0,
            print: 792.0,
            communication: 1_826.0,
            post: 2_220.0,
            travel: 2_140.0,
            sheets: 700.0,
            users: 70.0,
            users_per_manager: 35.0,
            sheets_per_person: 2.0,
        }
    }
}

/// What is saved in a month.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Savings {
    /// Sheets of paper.
    pub sheets: f64,
    /// Hours of work.
    pub hours: f64,
    /// Print, communication, post and travel, in yen.
    pub expenses: f64,
    /// Everything together, in yen: the expenses, and the hours at what one costs.
    pub yen: f64,
}

/// What the packages of a month say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exchanged {
    /// People in delivered and received packages, each as often as there are packages about it.
    pub people_in_packages: u64,
}

impl Exchanged {
    /// The people as a figure.
    pub fn people(self) -> f64 {
        whole(self.people_in_packages)
    }
}

/// What an office says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Office {
    /// 介護支援専門員.
    pub managers: u32,
    /// Users; where none are given, what the care managers look after.
    pub users: Option<u32>,
    /// Offices that it exchanges with, in any way.
    pub partners: u32,
    /// Those of them that are linked.
    pub linked: u32,
}

impl Assumptions {
    /// What an hour costs, in yen.
    pub fn hour(&self) -> f64 {
        ratio(self.yen - self.expenses(), self.hours)
    }

    fn expenses(&self) -> f64 {
        [self.print, self.communication, self.post, self.travel].map(figure).iter().sum()
    }

    /// What is saved where so many times of what the model's office exchanges goes through here.
    fn saved(&self, share: f64) -> Savings {
        let remain = if self.hours_that_remain.is_finite() {
            self.hours_that_remain.clamp(0.0, 1.0)
        } else {
            1.0
        };
        let hours = share * figure(self.hours) * (1.0 - remain);
        let expenses = share * self.expenses();
        let sheets = share * figure(self.sheets);
        Savings { sheets, hours, expenses, yen: expenses + hours * self.hour() }
    }
}

/// What the real exchange of a month saves.
pub fn of_exchange(exchanged: Exchanged, assumptions: &Assumptions) -> Savings {
    let sheets = exchanged.people() * figure(assumptions.sheets_per_person);
    assumptions.saved(ratio(sheets, assumptions.sheets))
}

/// What an exchange would save an office.
pub fn of_office(office: Office, assumptions: &Assumptions) -> Savings {
    let looked_after = f64::from(office.managers) * assumptions.users_per_manager;
    let users = office.users.map_or(looked_after, f64::from);
    let linked = ratio(f64::from(office.linked.min(office.partners)), f64::from(office.partners));
    assumptions.saved(ratio(users, assumptions.users) * linked)
}

/// A share; 0 of nothing, and where the figures make no sense.
fn ratio(part: f64, whole: f64) -> f64 {
    let ratio = part / whole;
    if whole > 0.0 && ratio.is_finite() && ratio > 0.0 { ratio } else { 0.0 }
}

/// A figure; 0 for one that makes no sense.
const fn figure(value: f64) -> f64 {
    if value.is_finite() && value > 0.0 { value } else { 0.0 }
}

/// A count as a number; above 2⁵³ it would not be exact.
#[expect(clippy::cast_precision_loss, reason = "no office exchanges so much")]
const fn whole(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(one: f64, other: f64) -> bool {
        (one - other).abs() < 0.5
    }

    #[test]
    fn the_office_of_the_model_saves_what_was_published() {
        let assumptions = Assumptions::default();
        assert!(about(assumptions.hour(), 1_684.0), "{}", assumptions.hour());
        let office = Office { managers: 2, users: None, partners: 20, linked: 20 };
        let saved = of_office(office, &assumptions);
        assert!(about(saved.hours, 34.9) && about(saved.sheets, 700.0), "{saved:?}");
        assert!(about(saved.expenses, 6_978.0), "{saved:?}");
        assert!(about(saved.yen, 6_978.0 + 88_240.0 * 2.0 / 3.0), "{saved:?}");
        let half = of_office(Office { linked: 10, ..office }, &assumptions);
        assert!(about(half.yen * 2.0, saved.yen) && about(half.sheets, 350.0));
        let larger = of_office(Office { users: Some(140), ..office }, &assumptions);
        assert!(about(larger.sheets, 1_400.0));
        // As many packages as make its sheets.
        let real = of_exchange(Exchanged { people_in_packages: 350 }, &assumptions);
        assert!(about(real.yen, saved.yen) && about(real.hours, saved.hours));
    }

    #[test]
    fn figures_that_make_no_sense_save_nothing() {
        let office = Office { managers: 2, users: None, partners: 0, linked: 5 };
        assert_eq!(of_office(office, &Assumptions::default()), Savings::default());
        let nothing = of_exchange(Exchanged::default(), &Assumptions::default());
        assert_eq!(nothing, Savings::default());
        let more_linked = Office { partners: 2, linked: 50, ..office };
        let saved = of_office(more_linked, &Assumptions::default());
        assert!(about(saved.sheets, 700.0), "no more than all");
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let assumptions = Assumptions {
                sheets: bad,
                hours: bad,
                users: bad,
                hours_that_remain: bad,
                sheets_per_person: bad,
                ..Assumptions::default()
            };
            let exchanged = Exchanged { people_in_packages: u64::MAX };
            let real = of_exchange(exchanged, &assumptions);
            assert!(real.sheets.is_finite() && real.yen.is_finite(), "{bad}: {real:?}");
        }
    }
}
