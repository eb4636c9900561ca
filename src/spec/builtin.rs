//! The tables that are compiled into the program.

macro_rules! files {
    ($($name:literal)+) => {
        /// Name and text of each table.
        pub(super) const FILES: &[(&str, &str)] = &[$(
            ($name, include_str!(concat!("../../spec/", $name))),
        )+];
    };
}

files! {
    "care_management.csv" "codes.csv" "editions.csv" "filenames.csv" "glyphs.csv" "send_units.csv"
    "service_types.csv"
    "v3/DLT1KYO.csv" "v3/DLTJSK.csv" "v3/DLTPLAN.csv" "v3/UP1KYO.csv" "v3/UP2KYO.csv"
    "v3/UPHOSOKU.csv" "v3/UPPLAN.csv" "v3/UPSIKYU.csv"
    "v4.1/DLT1KYO.csv" "v4.1/DLTJSK.csv" "v4.1/DLTKIHON.csv" "v4.1/DLTPLAN.csv"
    "v4.1/DLTYOBO.csv" "v4.1/UP1KYO.csv" "v4.1/UP2KYO.csv" "v4.1/UP3KYO.csv"
    "v4.1/UPHOSOKU.csv" "v4.1/UPKIHON.csv" "v4.1/UPKIHON_SUB1.csv" "v4.1/UPKIHON_SUB2.csv"
    "v4.1/UPPLAN.csv" "v4.1/UPSIKYU.csv" "v4.1/UPYOBO.csv" "v4.1/UPYOBO_SUB.csv"
}
