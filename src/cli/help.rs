//! Help in the reader's language.
//!
//! The texts beside the arguments are Japanese; the English ones stand in one table here. A test
//! makes sure that none is missing.

use std::ffi::OsString;

use clap::{ColorChoice, Command};

use super::usage;
use crate::types::Lang;

/// English texts by the names of the commands and arguments; an argument that means the same in
/// several commands stands once, without a command.
const ENGLISH: &[(&str, &str)] = &[
    ("", "A care-plan exchange node"),
    ("--help", "Print this help"),
    ("--version", "Print the version"),
    (
        "--lang",
        "The language of texts and reports (default: node.lang of the configuration that the command reads; ja without one)",
    ),
    ("validate", "Check care-plan files against the standard"),
    ("fix", "Write corrected copies: encoding, line ends, quotes, characters"),
    ("fix --out", "The folder for the copies (without it the proposals are only shown)"),
    (
        "fix --glyphs",
        "Your own list of substitutes (CSV with the columns from,to), taken as approved",
    ),
    ("fix --approve-glyphs", "Approve the similar characters of the built-in list"),
    (
        "fix --quoting",
        "Double quotes of the copies: strict around free text only, all, minimal where needed",
    ),
    ("fix --format", "The form of the output"),
    ("fix PATHS", "Files, or folders, which are searched with those below them"),
    ("convert", "Convert sets to another edition"),
    ("convert --to", "The edition to write"),
    ("convert --out", "The folder for the files (without it the losses are only shown)"),
    ("convert --types", "The service type of an office, for names of v4.1; may be repeated"),
    ("convert --partners", "A list of offices and service types (TOML: \"1370000026\" = [\"11\"])"),
    ("convert --config", "Take the service types of offices from this configuration"),
    ("convert --allow-loss", "Write even where values are lost or files are missing"),
    ("convert --format", "The form of the output"),
    ("convert PATHS", "Files, or folders; whole send units"),
    ("print", "Draw the files as the paper forms, to be printed"),
    ("print --out", "The folder for the HTML files"),
    ("print --each", "A file for each person"),
    ("print --force", "Replace files that are there already"),
    ("print --against", "Show what changed since these files, the version before; may be repeated"),
    ("print --findings", "Mark what the checks find in the cells, and list it under each form"),
    ("print --honorific", "The word after names (default: dono on tables 1 to 3, sama elsewhere)"),
    ("print --day-start", "The hour at which a day of the weekly table begins"),
    ("print --slip", "The copy of tables 6 and 7: for the person, your file, or the provider"),
    ("print --two-a4", "Draw the plan of preventive care on two A4 instead of one A3"),
    ("print --all-notes", "Print codes and the like too that have no cell"),
    ("print --services", "A list of names of services (CSV: code,name)"),
    ("print --insurers", "A list of names of insurers (CSV: number,name)"),
    ("print --config", "The configuration, for a message id or an id of renkei hold list"),
    (
        "print SETS",
        "Files, folders, ZIP files, a message id, or an id of renkei hold list; whole send units",
    ),
    ("init", "Answer questions and get a configuration and keys (again: add an office)"),
    ("init --office", "The office number"),
    ("init --name", "The name of the office"),
    ("init --service-types", "The service types of the office, such as 43 or 43,46"),
    ("init --drop", "The folder into which the care software writes what is to be sent"),
    ("init --import", "The folder from which the care software imports"),
    ("init --hold", "The folder for sets with errors (default: folders/NUMBER/hold)"),
    ("init --sent", "The folder for copies of what was sent (without it none are kept)"),
    ("init --make-folders", "Make the drop and import folders if they are missing"),
    ("init --url", "Where partners reach this node, such as https://renkei.example.jp:8443"),
    (
        "init --no-url",
        "Partners cannot reach this node: without --listen it opens no port and asks them instead",
    ),
    (
        "init --listen",
        "The address and port to listen on (default: every address, with the port of --url; with --no-url none)",
    ),
    ("init --data", "The folder for the store (default: data)"),
    ("init --no-page", "Without the page"),
    (
        "init --keys",
        "Where keys and certificates come from: made here, a request for an authority, or a PKCS#12 file of one",
    ),
    ("init --signing-pkcs12", "The PKCS#12 file of an authority for signing"),
    (
        "init --tls-pkcs12",
        "The PKCS#12 file of an authority for TLS (default: the one for signing)",
    ),
    (
        "init --password-file",
        "A file whose first line is the password of the PKCS#12 files (else it is asked for)",
    ),
    ("init --root", "A certificate of an authority to believe; may be repeated"),
    (
        "init --yes",
        "Ask for no confirmation; what matters and is not given is an error, never guessed",
    ),
    ("run", "Run the node: watch the drop folders and exchange with partners"),
    ("run --check", "Only check configuration, certificates and folders"),
    (
        "run --accept-folders",
        "Take the drop and import folders as they are, although they are others than at the last start (once, after replacing one on purpose)",
    ),
    (
        "run --accept-store",
        "Go on with a store that is older than it was or another one; what is lost stays lost",
    ),
    (
        "run --new-store",
        "Begin a new store where the old one is lost; what is left is kept in aside-N in the data folder, what waited and the receipts are not taken over",
    ),
    (
        "--first-start",
        "Where there is no configuration: begin the assistant in the browser without a terminal too (on a terminal it begins by itself)",
    ),
    ("demo", "Try everything with no preparation"),
    ("demo --once", "End when all units arrived; exit code 1 if one did not"),
    ("demo --dir", "Where to make the folders of the offices (default: a temporary folder)"),
    ("demo --input", "A folder with send units to exchange (default: built-in samples)"),
    ("demo --relay", "Let no office open a port: exchange over a relay"),
    ("demo --no-browser", "Do not open a page in the browser; the addresses are printed"),
    ("mail", "See whether mails go out"),
    ("mail test", "Send one test mail as [mail] of the configuration says"),
    ("status", "Show what waits, is held, was delivered"),
    ("status --json", "Print JSON"),
    ("status --exit-code", "Exit code 1 when the node does not run or stands still"),
    (
        "doctor",
        "Look at configuration, folders, certificates, store, partners and more, with what to do",
    ),
    ("doctor --json", "Print JSON"),
    ("history", "Show what was sent and received"),
    (
        "history --format",
        "The form of the output; exchange, for validate --history, has all there is",
    ),
    ("history --office", "Only this office of ours"),
    ("history --partner", "Only this partner"),
    ("history --since", "Only from this date on, such as 2026-04-01"),
    ("history --limit", "At most so many lines, the newest"),
    ("hold", "List what is held, and check or place it again, or settle it"),
    ("hold list", "List what is held, both ways, with reasons"),
    ("hold list --json", "Print JSON"),
    ("hold show", "Show the report of something held"),
    ("hold show ID", "The id, as renkei hold list shows it"),
    ("hold release", "Check the files of a held set again, or place a received package again"),
    ("hold release ID", "The id, as renkei hold list shows it"),
    ("hold dismiss", "Settle it without sending; of a received package the sender is told so"),
    ("hold dismiss ID", "The id, as renkei hold list shows it"),
    ("hold dismiss --reason", "A code for the sender of a received package, such as sent-twice"),
    ("hold dismiss --delete", "Also delete its files from the hold folder"),
    ("hold taken", "Count what lies in the import folder as taken, so that the next set is placed"),
    ("hold taken OFFICE", "The number of one of our offices; without it every one"),
    (
        "outbox",
        "List what is handed over to partners of the WEB service or on paper, and note that it was (also: renkei web)",
    ),
    ("outbox list", "List what waits, in the order of file serials"),
    ("outbox list --json", "Print JSON"),
    ("outbox done", "Note that it was uploaded, or sent on paper"),
    ("outbox done UNIT", "As renkei outbox list calls it; a file serial or a message id will do"),
    ("import-profiles", "List the habits of care software that a configuration can name"),
    ("import-profiles NAME", "The profile to tell more of; without it all are listed"),
    ("open", "Open the page of the running node in the browser"),
    ("open --print", "Only print the address, without starting a browser"),
    ("user", "Set who may log in to the page"),
    ("user add", "Add a user; the password is asked for, or read from standard input"),
    ("user add --role", "What the user may do"),
    ("user list", "List the users"),
    ("user passwd", "Set the password of a user; all sessions of the user end"),
    ("user passwd --remove-app", "Also ask for no codes of an app any more (a lost telephone)"),
    ("user role", "Set what a user may do"),
    ("user role ROLE", "What the user may do"),
    ("user remove", "Remove a user; all sessions of the user end"),
    ("user unlock", "Let a user try again at once who gave a wrong password too often"),
    ("NAME", "The name of the user"),
    ("card", "Write the card of an office of yours, to be given to partners"),
    (
        "card --out",
        "The file to write (a .svg of the same name shows the SHA-256 of the card as a QR code)",
    ),
    ("card --office", "Whose card (needed where the configuration has several offices)"),
    ("partner", "Register, look at and remove the offices that yours exchange with"),
    ("partner add", "Register a partner by its card; 30 digits are compared over the telephone"),
    ("partner add FILE", "The card of the partner"),
    ("partner add --expect", "The 30 digits that were compared; with others nothing is registered"),
    (
        "partner add --office",
        "With whose card the digits are compared (needed with several offices)",
    ),
    ("partner list", "List the partners"),
    ("partner list --json", "As JSON"),
    ("partner show", "Show what is registered of a partner, and its card"),
    ("partner test", "See step by step, from its name on, whether a partner can be reached"),
    ("partner remove", "Remove a partner"),
    ("partner remove --yes", "Remove it without a question"),
    ("partner remove --force", "Remove it although packages wait for it (they stay undelivered)"),
    ("partner rename", "Change what a partner is called on the page and in records"),
    ("partner rename NAME", "The new name"),
    ("partner import", "Register many partners from a table (CSV)"),
    (
        "partner import FILE",
        "The CSV file, with the heads office, name, url, service_types, edition, takes, tls_certificates, signing_certificates; UTF-8 or Shift_JIS",
    ),
    ("PARTNER", "The office number of the partner"),
    ("relay", "Run a relay, which keeps sealed packages until their recipients fetch them"),
    ("relay --config", "The configuration of the relay"),
    ("relay init", "Make keys, certificates and a configuration for a relay"),
    ("relay init --dir", "The folder to make them in"),
    ("relay init --listen", "The address and port to listen on"),
    ("relay init --host", "The name or address by which offices reach it"),
    ("relay list", "List the offices, and the cards that wait for approval"),
    ("relay list --config", "The configuration of the relay"),
    (
        "relay approve",
        "Take an office in by its card, whose digits were compared over the telephone",
    ),
    ("relay approve --config", "The configuration of the relay"),
    ("relay approve --digits", "The 30 digits that the office reads out"),
    ("relay approve OFFICE", "The office number"),
    ("relay refuse", "Take nothing more from an office nor for it, and drop its waiting cards"),
    ("relay refuse --config", "The configuration of the relay"),
    ("relay refuse OFFICE", "The office number"),
    ("relay forget", "Drop cards that wait for approval; offices that are registered stay"),
    ("relay forget --config", "The configuration of the relay"),
    ("relay forget --all", "Drop all that wait"),
    ("relay forget OFFICE", "The office number"),
    (
        "relay move-store",
        "Move everything that the relay keeps from the file of SQLite to PostgreSQL, also while it runs",
    ),
    ("relay move-store --config", "The configuration of the relay"),
    ("relay status", "What the relay keeps"),
    ("relay status --config", "The configuration of the relay"),
    ("token", "Make and revoke the tokens by which care software calls the API of the page"),
    ("token new", "Make a token, which is printed once"),
    ("token new NAME", "What the token is called, such as the program that gets it"),
    ("token new --may", "What the token is good for; several with commas between them"),
    ("token new --office", "Only for this office of ours (default: for all)"),
    ("token new --days", "After so many days it is of no use any more (default: it does not end)"),
    ("token list", "List the tokens, without the secrets"),
    ("token revoke", "Revoke a token: from now on it is of no use"),
    ("token revoke NAME", "What the token is called"),
    ("retry", "Send at once what waits, or was stopped because the partner did not accept it"),
    ("retry TARGET", "Only for this partner (office number), or only this message id"),
    ("recall", "Take back what was sent, before it is in the partner's import folder"),
    ("recall MESSAGE_ID", "The message id, as renkei history shows it"),
    ("recall --yes", "Do not ask"),
    ("recall --wait", "Wait until the partner has answered"),
    ("recall --json", "Print JSON"),
    (
        "reload",
        "Read configuration, certificates and revocation lists at once, and say what changed or is wrong",
    ),
    ("--config", "The configuration file"),
    ("export", "Write package, receipts and certificates for anybody to verify"),
    ("export MESSAGE_ID", "The message id, as renkei history shows it"),
    ("export --out", "The folder to write to; new or empty"),
    ("evidence", "Write the records of a month with all proof, for an inspection"),
    ("evidence --month", "The month in which they were sent or received, such as 2026-04"),
    ("evidence --partner", "Only those exchanged with this office"),
    ("evidence --out", "The folder to write to; new or empty. With --zip, the file"),
    ("evidence --zip", "Write one ZIP file"),
    ("backup", "Write configuration, store and packages into one file that a passphrase locks"),
    ("backup --out", "The folder, or the file; which must not be there yet"),
    (
        "backup --passphrase-file",
        "A file whose only line is the passphrase; asked for on the terminal if not given",
    ),
    ("backup --keys", "Also the files with keys and passwords"),
    ("backup check", "Read a backup to its end and say whether it can be put back; writes nothing"),
    ("backup check PATH", "The file of a backup, or the folder in which backups lie"),
    (
        "backup check --passphrase-file",
        "A file whose only line is the passphrase; asked for on the terminal if not given",
    ),
    ("restore", "Put a backup back into an empty folder"),
    ("restore BACKUP", "A file that renkei backup wrote"),
    ("restore --to", "The folder to put it into; new or empty"),
    (
        "restore --passphrase-file",
        "A file whose only line is the passphrase; asked for on the terminal if not given",
    ),
    ("verify", "Verify an exported package and its receipts, or all that the store has"),
    ("verify --all", "Check everything in the store: the chain of the journal, packages, receipts"),
    ("verify --json", "The result of --all as JSON"),
    ("verify PATH", "A folder of renkei export, a package.zip, or a receipt (.p7s)"),
    ("verify --roots", "Certificates of authorities to believe; may be repeated"),
    ("verify --pin", "SHA-256 of a signing certificate to believe for an office; may be repeated"),
    ("verify --config", "Take authorities and certificates to believe from this configuration"),
    ("certs", "Help with setting up certificates"),
    ("certs new", "Make certificates of one's own, for TLS and for signing, and their keys"),
    ("certs new OFFICE", "The office number, which becomes the common name"),
    (
        "certs new --host",
        "A name or address for the certificate; may be repeated; renkei ignores it",
    ),
    ("certs new --dir", "The folder for tls and signing, .pem and .key; nothing is overwritten"),
    ("certs import", "Take what an authority sent (PEM or PKCS#12), if it fits the key"),
    ("certs import FILE", "The file that came"),
    ("certs import --key", "The key that the request was made with (default: --out with .key)"),
    (
        "certs import --password-file",
        "A file whose first line is the password of the PKCS#12 file (default: asked for)",
    ),
    ("certs import --out", "The files to write, without extension: .pem and .key are added"),
    ("certs check", "Show how long our certificates last, and what partners would refuse"),
    ("certs renew", "Begin to renew our certificates: the next self-made ones, or requests"),
    ("certs renew --take", "Use the prepared certificates at once"),
    (
        "certs renew --anyway",
        "Also where partners have not said that they have them; nothing can be exchanged with those then",
    ),
    ("certs request", "Make a new private key and a certificate signing request (CSR)"),
    ("certs request OFFICE", "The office number, which becomes the common name"),
    ("certs request --organization", "The name of the organization for the certificate"),
    ("certs request --out", "The files to write, without extension: .key and .csr are added"),
    ("certs show", "Show subject, dates and SHA-256 of certificates"),
    ("certs show FILES", "Files with certificates"),
    ("ca", "Keep a small authority for a corporation or a town: issue and revoke certificates"),
    ("ca --dir", "The folder of the authority"),
    (
        "ca --passphrase-file",
        "A file whose first line is the passphrase of the key (default: asked for, if it is encrypted)",
    ),
    ("ca init", "Make an authority for a corporation or a town; it is no public one"),
    ("ca init NAME", "The name of the authority, for its certificate"),
    ("ca init --encrypt", "Encrypt the key with a passphrase"),
    ("ca issue", "Issue a certificate of one year for a signing request (CSR)"),
    ("ca issue OFFICE", "The office number; make sure before that the request is really theirs"),
    ("ca issue REQUEST", "The file with the request"),
    ("ca issue --for", "What the certificate is for"),
    (
        "ca issue --host",
        "A name or address for the certificate; may be repeated; renkei ignores it",
    ),
    ("ca issue --out", "The file for the certificate; nothing is overwritten"),
    ("ca revoke", "Revoke a certificate and make a new revocation list"),
    ("ca revoke SERIAL", "The serial number, as renkei ca list shows it"),
    ("ca revoke --reason", "Why it is revoked"),
    ("ca crl", "Make a new revocation list (CRL) of 30 days"),
    ("ca list", "List what was issued"),
    ("ca list --json", "Print JSON"),
    ("completions", "Print what a shell needs to complete commands"),
    ("completions SHELL", "The shell"),
    ("man", "Write the manual pages"),
    ("man DIR", "The folder to write to; pages that were written before are replaced"),
    ("dev", "For work on renkei itself"),
    ("dev certs", "Make the throw-away example certificates"),
    ("dev certs DIR", "Where to write them"),
    ("dev rules-md", "Write spec/RULES.md anew"),
    ("dev rules-md FILE", "The file to write"),
    ("dev coverage-md", "Write spec/COVERAGE.md anew"),
    ("dev coverage-md FILE", "The file to write"),
    ("dev rule-set", "Raise the number of the rule set, after a change of the rules"),
    ("dev rule-set FILE", "The file to add to"),
    ("dev codes-md", "Write spec/CODES.md anew"),
    ("dev codes-md FILE", "The file to write"),
    ("dev vectors", "Hold the program against the vectors of the protocol, spec/vectors/"),
    ("dev vectors --check", "The folder of the vectors"),
    ("new", "Make valid files of invented people, for import tests and measurements"),
    ("new --unit", "The send unit: K1, K2, Y1, 3-2 ...; all means every one of the edition"),
    ("new --kind", "No send unit but one file of this kind, for measuring: UPPLAN ..."),
    ("new --edition", "The edition of the standard"),
    ("new --people", "How many people (default: 10)"),
    ("new --records", "How many records --kind makes"),
    ("new --month", "The service month (default: 202604 for v4.1, 202401 for v3)"),
    ("new --seed", "The same number gives the same people, another one others (default: 1)"),
    ("new --serial", "The file serial (default: made from month and --seed)"),
    ("new --from", "Office number and service type of the sender, such as 1370000018:43"),
    ("new --to", "Office number and service type of the recipient, such as 1370000026:11"),
    ("new --out", "The folder to write to; made where there is none; nothing is overwritten"),
    ("rules", "List the rules of the checker"),
    ("rules --json", "Print JSON"),
    ("rules --level", "Only the rules of this level"),
    ("explain", "Explain a rule or another code: what it means, who has to act, what to do"),
    (
        "explain CODE",
        "A rule, such as L2-FMT-003, or a code of status, history, the log or a report, such as peer-unreachable",
    ),
    ("validate --format", "The form of the output; with =FILE into a file; may be repeated"),
    ("validate --profile", "How to judge; conformance is the conformance test"),
    ("validate --rules-config", "A file that re-grades or silences rules"),
    (
        "validate --select",
        "Judge by these rules only: a code L2-FMT-003, a level L2, a family FMT; separated by commas, or repeated",
    ),
    ("validate --ignore", "Judge without these rules, written as with --select"),
    ("validate --file-name", "The name of what comes through standard input (-)"),
    (
        "validate --history",
        "Hold the files against what a file of the form renkei.exchange/1 says was exchanged before (rules of L8)",
    ),
    (
        "validate --config",
        "Hold the files against what the store of the node with this configuration says was exchanged before (rules of L8)",
    ),
    ("validate --watch", "Check again whenever files change; Ctrl+C ends it"),
    ("validate --fail-on", "The severity that makes the exit code 1"),
    ("validate --spec", "A folder with the tables of the standard (default: the built-in ones)"),
    ("validate --mask", "Hide values that say something about a person"),
    (
        "validate PATHS",
        "Files, folders, which are searched with those below them, or ZIP files; - is standard input",
    ),
];

const HELP_JA: &str = "{before-help}{about}\n\n使い方: {usage}\n\n{all-args}{after-help}";
const HELP_EN: &str = "{before-help}{about}\n\nUsage: {usage}\n\n{all-args}{after-help}";

/// The language that the arguments ask for, read before they are parsed, so that even a usage
/// error speaks it.
pub(super) fn lang_of(arguments: &[OsString]) -> Lang {
    let texts: Vec<_> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let english =
        texts.contains(&"--lang=en") || texts.windows(2).any(|pair| pair == ["--lang", "en"]);
    if english { Lang::En } else { Lang::Ja }
}

/// `renkei help COMMAND` is what many programs call `renkei COMMAND --help`; `help` may stand
/// wherever a command is expected.
pub(super) fn as_option(whole: &Command, mut arguments: Vec<OsString>) -> Vec<OsString> {
    let mut command = whole;
    let mut place = 1;
    while let Some(word) = arguments.get(place).and_then(|argument| argument.to_str()) {
        if word == "help" && command.has_subcommands() {
            arguments.remove(place);
            arguments.push("--help".into());
            break;
        }
        // The language may stand before the command.
        place += match command.find_subcommand(word) {
            Some(below) => {
                command = below;
                1
            }
            None if word == "--lang" => 2,
            None if word.starts_with("--lang=") => 1,
            None => break,
        };
    }
    arguments
}

/// The command without what is hidden, for completions and manual pages.
pub(super) fn public(command: Command, lang: Lang) -> Command {
    let whole = localised(command, lang);
    let shown = whole.get_subcommands().filter(|below| !below.is_hide_set()).cloned();
    Command::new("renkei")
        .version(env!("CARGO_PKG_VERSION"))
        .about(whole.get_about().cloned().unwrap_or_default())
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .subcommand_help_heading(lang.pick("コマンド", "Commands"))
        .subcommand_value_name(lang.pick("コマンド", "COMMAND"))
        .args(whole.get_arguments().cloned())
        .subcommands(shown)
}

/// The command with its texts in the language.
pub(super) fn localised(command: Command, lang: Lang) -> Command {
    let command = command.color(ColorChoice::Never);
    translate(command, lang, "")
}

/// `path` names the command with those above it.
fn translate(mut command: Command, lang: Lang, path: &str) -> Command {
    let top = path.is_empty();
    command = command
        .help_template(lang.pick(HELP_JA, HELP_EN))
        .subcommand_help_heading(lang.pick("コマンド", "Commands"))
        .subcommand_value_name(lang.pick("コマンド", "COMMAND"))
        .disable_help_flag(true)
        .arg(
            clap::Arg::new("help")
                .long("help")
                .short('h')
                .action(clap::ArgAction::Help)
                .help("この説明を表示します"),
        );
    if top {
        command = command.disable_version_flag(true).disable_help_subcommand(true).arg(
            clap::Arg::new("version")
                .long("version")
                .short('V')
                .action(clap::ArgAction::Version)
                .help("版を表示します"),
        );
    }
    if let (Lang::En, Some(text)) = (lang, english(path, None)) {
        command = command.about(text).long_about(None);
    }
    let (options, arguments) = (lang.pick("オプション", "Options"), lang.pick("引数", "Arguments"));
    command = command.mut_args(|argument| {
        let heading = if argument.is_positional() { arguments } else { options };
        let argument = argument.help_heading(heading);
        match english(path, Some(&label(&argument))) {
            Some(text) if lang == Lang::En => argument.help(text).long_help(None),
            _ if lang == Lang::Ja => with_values(argument),
            _ => argument,
        }
    });
    command.mut_subcommands(|subcommand| {
        let path = format!("{path} {}", subcommand.get_name());
        translate(subcommand, lang, path.trim_start())
    })
}

/// A Japanese help text with the values of the argument and its default.
fn with_values(argument: clap::Arg) -> clap::Arg {
    if !argument.get_action().takes_values() {
        return argument;
    }
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let help = format!("{help}{}", usage::values(&argument));
    argument.help(help).hide_default_value(true).hide_possible_values(true)
}

/// How an argument is called in the table: `--name` or `NAME`.
fn label(argument: &clap::Arg) -> String {
    match argument.get_long() {
        Some(long) => format!("--{long}"),
        None => argument.get_id().as_str().to_uppercase(),
    }
}

fn english(command: &str, argument: Option<&str>) -> Option<&'static str> {
    row(command, argument).map(|(_, text)| *text)
}

/// The row of a command, or of an argument: its own, or that of all that are called so.
fn row(command: &str, argument: Option<&str>) -> Option<&'static (&'static str, &'static str)> {
    let find = |key: &str| ENGLISH.iter().find(|(name, _)| *name == key);
    match argument {
        None => find(command),
        Some(argument) => find(format!("{command} {argument}").trim()).or_else(|| find(argument)),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    /// Every text of the command tree in both languages, with its place.
    fn texts(lang: Lang) -> Vec<(String, String)> {
        fn collect(command: &Command, path: &str, found: &mut Vec<(String, String)>) {
            let text = |text: Option<&clap::builder::StyledStr>| {
                text.map(ToString::to_string).unwrap_or_default()
            };
            found.push((path.to_owned(), text(command.get_about())));
            for argument in command.get_arguments() {
                found.push((format!("{path} {}", label(argument)), text(argument.get_help())));
            }
            for subcommand in command.get_subcommands() {
                collect(subcommand, &format!("{path} {}", subcommand.get_name()), found);
            }
        }
        let mut found = Vec::new();
        collect(&localised(Cli::command(), lang), "", &mut found);
        found
    }

    #[test]
    fn every_text_speaks_both_languages() {
        for ((place, ja), (_, en)) in texts(Lang::Ja).into_iter().zip(texts(Lang::En)) {
            assert!(!ja.is_ascii(), "{place}: no Japanese text: {ja:?}");
            assert!(!en.is_empty() && en.is_ascii(), "{place}: no English text: {en:?}");
        }
    }

    #[test]
    fn help_is_a_command_too() {
        let arguments = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let whole = Cli::command();
        for (asked, meant) in [
            (&["renkei", "help"][..], &["renkei", "--help"][..]),
            (&["renkei", "help", "certs", "request"], &["renkei", "certs", "request", "--help"]),
            (&["renkei", "certs", "help", "request"], &["renkei", "certs", "request", "--help"]),
            (
                &["renkei", "--lang", "en", "help", "fix"],
                &["renkei", "--lang", "en", "fix", "--help"],
            ),
            (&["renkei", "--lang=en", "help"], &["renkei", "--lang=en", "--help"]),
            (&["renkei", "explain", "help"], &["renkei", "explain", "help"]),
            (&["renkei", "validate", "x", "help"], &["renkei", "validate", "x", "help"]),
        ] {
            assert_eq!(as_option(&whole, arguments(asked)), arguments(meant));
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        localised(Cli::command(), Lang::Ja).debug_assert();
    }

    /// A row that no command and no argument takes is dead, one that is hidden behind another too.
    #[test]
    fn no_english_text_is_dead() {
        fn collect(command: &Command, path: &str, taken: &mut Vec<&'static str>) {
            taken.extend(row(path, None).map(|(name, _)| *name));
            for argument in command.get_arguments() {
                taken.extend(row(path, Some(&label(argument))).map(|(name, _)| *name));
            }
            for subcommand in command.get_subcommands() {
                let path = format!("{path} {}", subcommand.get_name());
                collect(subcommand, path.trim_start(), taken);
            }
        }
        let mut taken = Vec::new();
        collect(&localised(Cli::command(), Lang::En), "", &mut taken);
        for (name, _) in ENGLISH {
            assert!(taken.contains(name), "nothing takes the text of {name:?}");
        }
        let mut names: Vec<_> = ENGLISH.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ENGLISH.len(), "a name stands twice");
    }
}
