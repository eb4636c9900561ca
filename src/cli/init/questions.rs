//! The questions, each with the option that answers it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::asker::Asker;
use super::{Args, UsageError, keys};
use crate::cli::{output, setup};
use crate::config::Config;
use crate::desk::founding::{self, Keys, NewNode, NewOffice, PORT, folder_fault};
use crate::folder::{Fault, FolderRole};
use crate::spec::Spec;
use crate::types::{Lang, OfficeNumber, PeerUrl, ServiceType};

/// Everything that has to be known.
pub(super) struct Answers {
    pub(super) office: NewOffice,
    pub(super) node: Option<NewNode>,
    pub(super) keys: Keys,
    /// Folders that are to be made first.
    pub(super) to_make: Vec<PathBuf>,
}

/// Who is asked, and what is missing where nobody is.
struct Form<'a> {
    args: &'a Args,
    home: &'a Path,
    asker: Option<&'a mut Asker>,
    lang: Lang,
    missing: Vec<&'static str>,
    to_make: Vec<PathBuf>,
}

/// Takes what was given and asks for the rest.
pub(super) fn answers(
    args: &Args,
    home: &Path,
    existing: Option<&Config>,
    asker: Option<&mut Asker>,
    lang: Lang,
) -> anyhow::Result<Answers> {
    let spec = setup::spec()?;
    let mut form = Form { args, home, asker, lang, missing: Vec::new(), to_make: Vec::new() };
    if let (Some(config), Some(asker)) = (existing, &form.asker) {
        let all: Vec<_> = config.offices.iter().map(|office| office.number.to_string()).collect();
        let all = all.join(", ");
        asker.say(
            &format!("設定ファイルはすでにあります（事業所 {all}）。事業所を加えます。"),
            &format!("there is a configuration already (office {all}); an office is added to it"),
        );
    }
    let number = form.number(existing)?;
    let name = form.name()?;
    let service_types = form.service_types(spec)?;
    let below = |name: &str| number.map(|number| format!("folders/{number}/{name}"));
    let (drop_usual, import_usual) = (below("drop"), below("import"));
    let drop =
        form.folder("--drop", FolderRole::Drop, args.drop.as_ref(), drop_usual.as_deref())?;
    let import =
        form.folder("--import", FolderRole::Import, args.import.as_ref(), import_usual.as_deref())?;
    let hold = args.hold.clone().or_else(|| below("hold").map(PathBuf::from));
    let node = match existing {
        Some(config) => {
            form.refuse_for_the_node(config)?;
            None
        }
        None => Some(form.node()?),
    };
    let keys = match keys::keys(args, existing.is_none(), form.asker.as_deref_mut(), lang)? {
        Ok(keys) => Some(keys),
        Err(option) => {
            form.missing.push(option);
            None
        }
    };
    let (Some(number), Some(drop), Some(import), Some(hold), Some(keys), true) =
        (number, drop, import, hold, keys, form.missing.is_empty())
    else {
        return Err(missing(&form.missing, lang).into());
    };
    let sent = args.sent.clone();
    let office = NewOffice { number, name, service_types, drop, import, hold, sent };
    Ok(Answers { office, node, keys, to_make: form.to_make })
}

fn missing(options: &[&str], lang: Lang) -> UsageError {
    let options = options.join(lang.pick("、", ", "));
    UsageError(match lang {
        Lang::Ja => format!(
            "決まっていないことがあるため、何も作りませんでした。次のものも指定してください: {options}"
        ),
        Lang::En => format!("nothing was made, because this is not known: {options}"),
    })
}

impl Form<'_> {
    fn number(&mut self, existing: Option<&Config>) -> anyhow::Result<Option<OfficeNumber>> {
        let lang = self.lang;
        let read = |text: &str| founding::office_number(text, existing, lang);
        match (self.args.office, &mut self.asker) {
            (Some(number), _) => Ok(Some(read(number.as_str()).map_err(UsageError)?)),
            (None, Some(asker)) => {
                asker.until(founding::number_question(lang), None, read).map(Some)
            }
            (None, None) => {
                self.missing.push("--office");
                Ok(None)
            }
        }
    }

    fn name(&mut self) -> anyhow::Result<Option<String>> {
        let lang = self.lang;
        let read = |text: &str| founding::office_name(text, lang);
        match (&self.args.name, &mut self.asker) {
            (Some(name), _) => Ok(Some(read(name).map_err(UsageError)?)),
            (None, Some(asker)) => asker.until(founding::name_question(lang), None, |text| {
                if text.is_empty() { Ok(None) } else { read(text).map(Some) }
            }),
            (None, None) => Ok(None),
        }
    }

    fn service_types(&mut self, spec: &Spec) -> anyhow::Result<Vec<ServiceType>> {
        let lang = self.lang;
        let given: Vec<_> = self.args.service_types.iter().map(ToString::to_string).collect();
        let read = |codes: Vec<&str>| founding::service_types(codes, spec, lang);
        match &mut self.asker {
            _ if !given.is_empty() => {
                let codes = given.iter().map(String::as_str).collect();
                Ok(read(codes).map_err(UsageError)?)
            }
            None => {
                self.missing.push("--service-types");
                Ok(Vec::new())
            }
            Some(asker) => {
                let list: Vec<Vec<String>> = spec
                    .office_types()
                    .map(|(code, name)| vec![format!("  {code}"), name.to_owned()])
                    .collect();
                let head = lang.pick("  サービス種類", "  service type");
                output::error(&output::table(&[head, ""], &list));
                let question = lang.pick(
                    "サービス種類コード（複数は 43,46 のように）",
                    "service types (several as 43,46)",
                );
                asker.until(question, None, |text| {
                    let codes = text.split([',', '、', ' ']).map(str::trim);
                    read(codes.filter(|code| !code.is_empty()).collect())
                })
            }
        }
    }

    /// A folder of the care software: there, or to be made.
    fn folder(
        &mut self,
        option: &'static str,
        role: FolderRole,
        given: Option<&PathBuf>,
        usual: Option<&str>,
    ) -> anyhow::Result<Option<PathBuf>> {
        let (lang, home) = (self.lang, self.home);
        let fault = |path: &Path, role| {
            folder_fault(&home.join(path), role).map_err(|error| {
                let told = format!("{}: {}", path.display(), error.text(lang));
                (error.fault() == Fault::Missing, told)
            })
        };
        // Of one that is missing it has to be possible to make it.
        let can_be_made = |path: &Path| fault(path, FolderRole::Other).map_err(|(_, told)| told);
        if let Some(path) = given {
            match (fault(path, role), &mut self.asker) {
                (Ok(()), _) => {}
                (Err((true, _)), _) if self.args.make_folders => {
                    can_be_made(path).map_err(UsageError)?;
                    self.to_make.push(path.clone());
                }
                (Err((true, told)), Some(asker)) => {
                    if !asker.yes(&making(path, lang), Some(true))? {
                        return Err(UsageError(told).into());
                    }
                    can_be_made(path).map_err(UsageError)?;
                    self.to_make.push(path.clone());
                }
                (Err((true, told)), None) => {
                    let hint = lang
                        .pick("--make-folders を付けると作ります。", "--make-folders makes it.");
                    return Err(UsageError(format!("{told} {hint}")).into());
                }
                (Err((false, told)), _) => return Err(UsageError(told).into()),
            }
            return Ok(Some(path.clone()));
        }
        let Some(asker) = &mut self.asker else {
            self.missing.push(option);
            return Ok(None);
        };
        let question = founding::folder_question(role, lang);
        loop {
            let path: PathBuf = asker.until(question, usual, |text| {
                let none = lang.pick("フォルダーを入力してください。", "name a folder");
                if text.is_empty() { Err(none.to_owned()) } else { Ok(text.into()) }
            })?;
            match fault(&path, role) {
                Ok(()) => return Ok(Some(path)),
                Err((true, _)) => match can_be_made(&path) {
                    Ok(()) if self.args.make_folders => {}
                    Ok(()) if asker.yes(&making(&path, lang), Some(true))? => {}
                    Ok(()) => continue,
                    Err(told) => {
                        output::error(&format!("  {told}"));
                        continue;
                    }
                },
                Err((false, told)) => {
                    output::error(&format!("  {told}"));
                    continue;
                }
            }
            self.to_make.push(path.clone());
            return Ok(Some(path));
        }
    }

    /// What is said of the node.
    fn node(&mut self) -> anyhow::Result<NewNode> {
        let (args, lang) = (self.args, self.lang);
        let url = self.url()?;
        let port = url.as_ref().map_or(PORT, PeerUrl::port);
        // Where nobody reaches it, no port is opened unless somebody names one.
        let usual = url.as_ref().map(|_| SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port));
        let listen = args.listen.or(usual);
        let page = match &mut self.asker {
            Some(asker) if !args.no_page => asker.yes(
                lang.pick(
                    "画面（ブラウザーで見る送受信の状況）を使いますか",
                    "a page that shows the exchange in a browser",
                ),
                Some(true),
            )?,
            _ => !args.no_page,
        };
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let roots = args.roots.iter().map(absolute).collect();
        let data = args.data.clone();
        Ok(NewNode { listen, url, data, roots, page, page_listen: None })
    }

    fn url(&mut self) -> anyhow::Result<Option<PeerUrl>> {
        let lang = self.lang;
        match (&self.args.url, &mut self.asker) {
            (Some(url), _) => Ok(Some(url.clone())),
            (None, _) if self.args.no_url => Ok(None),
            (None, Some(asker)) => asker.until(
                lang.pick(
                    "相手から見たこの renkei の場所（例 https://renkei.example.jp:8443。相手から接続できないときは空のまま）",
                    "where partners reach this node (such as https://renkei.example.jp:8443; empty if they cannot)",
                ),
                None,
                |text| {
                    if text.is_empty() { Ok(None) } else { founding::url(text, lang).map(Some) }
                },
            ),
            (None, None) => {
                self.missing.push("--url | --no-url");
                Ok(None)
            }
        }
    }

    /// What belongs to the node stands in the configuration already, and is not changed from here.
    fn refuse_for_the_node(&self, config: &Config) -> Result<(), UsageError> {
        let args = self.args;
        let given = [
            ("--url", args.url.is_some()),
            ("--listen", args.listen.is_some()),
            ("--data", args.data.is_some()),
            ("--tls-pkcs12", args.tls_pkcs12.is_some()),
            ("--root", !args.roots.is_empty()),
        ];
        let Some((option, _)) = given.into_iter().find(|(_, is_given)| *is_given) else {
            return Ok(());
        };
        let home = config.home.display();
        Err(UsageError(match self.lang {
            Lang::Ja => format!(
                "設定ファイルはすでにあるため（{home}）、{option} は使えません。事業所を加えるだけです。変えるときは設定ファイルを直してください。"
            ),
            Lang::En => format!(
                "there is a configuration already ({home}), so {option} cannot be given: an office is only added. Change the file by hand"
            ),
        }))
    }
}

fn making(path: &Path, lang: Lang) -> String {
    let path = path.display();
    match lang {
        Lang::Ja => format!("{path} はありません。作りますか"),
        Lang::En => format!("{path} is not there; make it"),
    }
}
