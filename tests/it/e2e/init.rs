//! `renkei init`: from answers to nodes that exchange.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use renkei::package::card::{SignedCard, check_digits};

use super::units::{PLAN, Unit, sample};
use crate::harness::{CARE, DAY, HELP, free_port, name_of, until, visible};
use crate::support::{renkei, stderr, stdout};

/// A node that was set up by `renkei init`, and is ended whatever happens.
struct Node {
    home: PathBuf,
    running: Option<Child>,
}

impl Node {
    /// Sets it up by options alone.
    fn found(home: PathBuf, number: &str, service: &str, port: u16) -> Self {
        fs::create_dir(&home).expect("a folder");
        let url = format!("https://127.0.0.1:{port}");
        let listen = format!("127.0.0.1:{port}");
        let output = renkei(
            &[
                &["--lang", "en", "init", "--office", number, "--service-types", service][..],
                &["--name", "架空の事業所", "--drop", "drop", "--import", "import"],
                &["--make-folders", "--url", &url, "--listen", &listen],
                &["--keys", "made", "--no-page", "--yes"],
            ]
            .concat(),
            &home,
        );
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stdout(&output).contains("wrote the configuration"), "{}", stdout(&output));
        Self { home, running: None }
    }

    fn command(&self, arguments: &[&str]) -> Output {
        renkei(&[&["--lang", "en"], arguments].concat(), &self.home)
    }

    fn done(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        stdout(&output)
    }

    fn config(&self) -> String {
        fs::read_to_string(self.home.join("renkei.toml")).expect("a configuration")
    }

    fn card(&self) -> (String, SignedCard) {
        self.done(&["card", "--out", "own.card"]);
        let path = self.home.join("own.card");
        let card = SignedCard::open(&fs::read(&path).expect("a card")).expect("a good card");
        (path.to_str().expect("UTF-8").to_owned(), card)
    }

    fn start(&mut self) {
        let out = self.home.join("out.txt");
        let log = File::create(self.home.join("log.txt")).expect("a file");
        let node = Command::new(env!("CARGO_BIN_EXE_renkei"))
            .args(["--lang", "en", "run"])
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .stdout(File::create(&out).expect("a file"))
            .stderr(log)
            .spawn();
        self.running = Some(node.expect("the program runs"));
        until("a node that runs", || {
            let said = fs::read_to_string(&out).expect("UTF-8");
            said.contains("is running").then_some(())
        });
    }

    fn export(&self, unit: &Unit) {
        for (name, bytes) in unit {
            let beside = self.home.join(name);
            fs::write(&beside, bytes).expect("written");
            fs::rename(&beside, self.home.join("drop").join(name)).expect("renamed");
        }
    }

    fn imported(&self) -> Unit {
        let paths = visible(&self.home.join("import")).into_iter();
        paths.map(|path| (name_of(&path), fs::read(path).expect("read"))).collect()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(node) = &mut self.running {
            let _ = node.kill();
            let _ = node.wait();
        }
        if std::thread::panicking() {
            eprintln!("{}", fs::read_to_string(self.home.join("log.txt")).unwrap_or_default());
        }
    }
}

#[test]
fn two_offices_that_were_set_up_by_options_exchange() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = |name: &str| folder.path().join(name);
    let mut care = Node::found(home("care"), CARE, "43", free_port());
    let mut help = Node::found(home("help"), HELP, "11", free_port());
    // What was made is what a node needs, and nothing is in the file that is usual anyway.
    care.done(&["run", "--check"]);
    let config = care.config();
    assert!(!config.contains("[timing]") && !config.contains("data ="), "{config}");
    assert!(config.contains("# Where partners reach it"), "{config}");
    let ((care_card, one), (help_card, other)) = (care.card(), help.card());
    let digits = check_digits(one.sha256(), other.sha256()).to_string();
    care.done(&["partner", "add", &help_card, "--expect", &digits]);
    help.done(&["partner", "add", &care_card, "--expect", &digits]);
    care.start();
    help.start();
    let unit = sample(PLAN, "20260520101500");
    care.export(&unit);
    until("the files at the partner", || (help.imported() == unit).then_some(()));
    let said = care.done(&["doctor"]);
    assert!(said.contains("0 broken"), "{said}");
}

#[test]
fn nothing_is_guessed_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let entries = || fs::read_dir(at).expect("listed").count();
    let output = renkei(&["--lang", "en", "init", "--yes"], at);
    assert_eq!(output.status.code(), Some(2));
    for option in ["--office", "--service-types", "--drop", "--import", "--url", "--keys"] {
        assert!(stderr(&output).contains(option), "{option}: {}", stderr(&output));
    }
    let all = [
        &["--lang", "en", "init", "--office", CARE, "--service-types", "43", "--drop", "drop"][..],
        &["--import", "import", "--no-url", "--listen", "127.0.0.1:0", "--keys", "made"],
    ]
    .concat();
    // Without a person to confirm and without --yes, with a folder that is missing, with a wrong type.
    let missing = [&all[..], &["--yes"]].concat();
    for (arguments, why) in [
        ([&all[..], &["--make-folders"]].concat(), "--yes"),
        (missing, "--make-folders"),
        ([&all[..], &["--yes", "--make-folders", "--service-types", "99"]].concat(), "99"),
    ] {
        let output = renkei(&arguments, at);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(stderr(&output).contains(why), "{why}: {}", stderr(&output));
        assert_eq!(entries(), 0, "{why}");
    }
    // What is no key of the office is looked at like everything else.
    let elsewhere = tempfile::tempdir().expect("a folder");
    let root = elsewhere.path().join("root.pem");
    fs::write(&root, "no certificate").expect("written");
    let with_root = ["--yes", "--make-folders", "--root", root.to_str().expect("UTF-8")];
    let at_another = elsewhere.path().join("home");
    fs::create_dir(&at_another).expect("made");
    let output = renkei(&[&all[..], &with_root].concat(), &at_another);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(stderr(&output).contains("tls.roots"), "{}", stderr(&output));
    assert!(!at_another.join("renkei.toml").exists());
    // A key that lies there is never touched, and what was begun goes again.
    fs::create_dir(at.join("keys")).expect("made");
    let own = at.join(format!("keys/{CARE}-signing.pem"));
    fs::write(&own, "mine").expect("written");
    let whole = [&all[..], &["--yes", "--make-folders"]].concat();
    let output = renkei(&whole, at);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(fs::read_to_string(&own).expect("read"), "mine");
    assert_eq!(fs::read_dir(at.join("keys")).expect("listed").count(), 1);
    assert!(!at.join("renkei.toml").exists());
    fs::remove_file(&own).expect("removed");
    let output = renkei(&whole, at);
    assert!(output.status.success(), "{}", stderr(&output));
    #[cfg(unix)]
    for (name, mode) in [(format!("{CARE}-signing.key"), 0o600), ("tls.key".to_owned(), 0o600)] {
        use std::os::unix::fs::PermissionsExt as _;
        let file = fs::metadata(at.join("keys").join(&name)).expect("there");
        assert_eq!(file.permissions().mode() & 0o777, mode, "{name}");
    }

    // Again, it adds an office; the same one is refused.
    let before = fs::read_to_string(at.join("renkei.toml")).expect("read");
    let again = renkei(&whole, at);
    assert_eq!(again.status.code(), Some(2), "{again:?}");
    assert!(stderr(&again).contains(CARE), "{}", stderr(&again));
    let added = [
        &["--lang", "en", "init", "--office", DAY, "--service-types", "15", "--drop", "drop-2"][..],
        &["--import", "import-2", "--make-folders", "--keys", "made", "--yes"],
    ]
    .concat();
    let output = renkei(&added, at);
    assert!(output.status.success(), "{}", stderr(&output));
    let after = fs::read_to_string(at.join("renkei.toml")).expect("read");
    assert!(after.starts_with(&before) && after.contains(DAY), "{after}");
    let checked = renkei(&["--lang", "en", "run", "--check"], at);
    assert!(checked.status.success(), "{}", stderr(&checked));
}

#[test]
fn keys_come_from_an_authority_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    fs::write(at.join("password.txt"), "correct horse").expect("written");
    let run = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).current_dir(at).output();
        let output = output.expect("openssl");
        assert!(output.status.success(), "{output:?}");
    };
    run(&[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "365",
        "-subj",
        &format!("/CN={CARE}"),
        "-addext",
        "basicConstraints=critical,CA:FALSE",
        "-addext",
        "keyUsage=critical,digitalSignature",
        "-keyout",
        "a.key",
        "-out",
        "a.pem",
    ]);
    for (name, more) in [("new.p12", &[][..]), ("old.p12", &["-legacy"][..])] {
        let arguments =
            ["pkcs12", "-export", "-in", "a.pem", "-inkey", "a.key", "-out", name, "-passout"];
        run(&[&arguments[..], &["pass:correct horse"], more].concat());
    }
    close(at, &["password.txt", "new.p12", "old.p12"]);
    for (name, file) in [("modern", "new.p12"), ("legacy", "old.p12")] {
        let config = format!("{name}/renkei.toml");
        let file = at.join(file);
        let file = file.to_str().expect("UTF-8");
        let output = renkei(
            &[
                &["--lang", "en", "init", "--config", &config, "--office", CARE][..],
                &["--service-types", "43", "--drop", "drop", "--import", "import"],
                &["--make-folders", "--no-url", "--listen", "127.0.0.1:0", "--keys", "pkcs12"],
                &["--signing-pkcs12", file, "--password-file", "password.txt", "--yes"],
            ]
            .concat(),
            at,
        );
        assert!(output.status.success(), "{name}: {}", stderr(&output));
        let checked = renkei(&["--lang", "en", "run", "--check", "--config", &config], at);
        assert!(checked.status.success(), "{name}: {}", stderr(&checked));
    }
    // A request leaves a node that waits for its certificates.
    let output = renkei(
        &[
            &["--lang", "en", "init", "--config", "asked/renkei.toml", "--office", CARE][..],
            &["--service-types", "43", "--drop", "drop", "--import", "import"],
            &["--make-folders", "--no-url", "--listen", "127.0.0.1:0", "--keys", "request"],
            &["--yes"],
        ]
        .concat(),
        at,
    );
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("certs import"), "{}", stdout(&output));
    run(&["req", "-in", "asked/keys/tls.csr", "-noout", "-verify"]);
}

#[cfg(unix)]
fn close(folder: &Path, names: &[&str]) {
    use std::os::unix::fs::PermissionsExt as _;
    for name in names {
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(folder.join(name), mode).expect("closed");
    }
}

#[cfg(not(unix))]
fn close(_: &Path, _: &[&str]) {}

/// A person answers on a terminal, which `script` makes.
#[cfg(target_os = "linux")]
#[test]
fn a_person_is_asked_and_asked_again() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let command = format!("{} init", env!("CARGO_BIN_EXE_renkei"));
    let mut script = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .current_dir(at)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("script of util-linux");
    let answers = [
        "ja",           // language
        "137",          // no office number
        "1370000018",   //
        "架空の事業所", // name
        "99",           // no service type
        "43、46",       //
        "",             // the usual drop folder
        "y",            // make it
        "取込",         // import folder
        "y",            //
        "http://a",     // no address
        "https://renkei.example.jp:18443",
        "",  // a page
        "1", // keys made here
        "n", // not like this
    ];
    let mut input = script.stdin.take().expect("a pipe");
    for answer in answers {
        input.write_all(format!("{answer}\n").as_bytes()).expect("typed");
    }
    let output = script.wait_with_output().expect("it ends");
    drop(input);
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for text in [
        "10 桁で入力",
        "サービス種類コードではありません",
        "居宅介護支援",
        "形で入力",
        "何も作りませんでした",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    assert!(said.contains("folders/1370000018/drop") && said.contains("0.0.0.0:18443"), "{said}");
    assert_eq!(fs::read_dir(at).expect("listed").count(), 0, "nothing was made");
}
