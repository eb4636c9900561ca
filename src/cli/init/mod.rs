//! `renkei init`: from a few answers to a node that runs.
//!
//! Each answer is an option too. On a terminal what was not given is asked for; elsewhere everything
//! that matters has to be given, and `--yes` only takes what is usual.

mod asker;
mod keys;
mod questions;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::setup::{self, ConfigArg};
use super::{UsageError, output, usage};
use crate::desk::founding::{self, Founded, KeySource, Plan};
use crate::node::StartProblems;
use crate::spec::Spec;
use crate::types::{Clock, Lang, OfficeNumber, PeerUrl, ServiceType, io_text};

use asker::Asker;
use questions::Answers;

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "switches of the command line")]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// 事業所番号
    #[arg(long, value_name = "OFFICE")]
    office: Option<OfficeNumber>,
    /// 事業所の名前
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// サービス種類コード（例 43。複数は 43,46 のように書きます）
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    service_types: Vec<ServiceType>,
    /// 介護ソフトが CSV ファイルを書き出すフォルダー（送信用）
    #[arg(long, value_name = "DIR")]
    drop: Option<PathBuf>,
    /// 介護ソフトが取り込むフォルダー
    #[arg(long, value_name = "DIR")]
    import: Option<PathBuf>,
    /// 送れなかったファイルを置くフォルダー（省略すると folders/事業所番号/hold）
    #[arg(long, value_name = "DIR")]
    hold: Option<PathBuf>,
    /// 送ったファイルの控えを置くフォルダー（省略すると、控えは残しません）
    #[arg(long, value_name = "DIR")]
    sent: Option<PathBuf>,
    /// 送信用と取込のフォルダーがなければ作ります
    #[arg(long)]
    make_folders: bool,
    /// 相手から見た、この renkei の場所（例 https://renkei.example.jp:8443）
    #[arg(long, value_name = "URL", conflicts_with = "no_url")]
    url: Option<PeerUrl>,
    /// 相手からは接続できません（--listen がなければポートを開かず、こちらから取りに行きます）
    #[arg(long)]
    no_url: bool,
    /// 待ち受ける IP アドレスとポート（省略すると、すべてのアドレスの、--url のポート。--no-url なら待ち受けません）
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// 台帳を置くフォルダー（省略すると data）
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// 画面を使いません
    #[arg(long)]
    no_page: bool,
    /// 鍵と証明書の用意のしかた。made（ここで作る）、request（認証局に出す要求を作る）、pkcs12（認証局から届いたもの）
    #[arg(long, value_name = "KEYS", value_parser = usage::choices::<KeySource>(&["made", "request", "pkcs12"]))]
    keys: Option<KeySource>,
    /// 認証局から届いた署名用の PKCS#12 ファイル
    #[arg(long, value_name = "FILE")]
    signing_pkcs12: Option<PathBuf>,
    /// 認証局から届いた TLS 用の PKCS#12 ファイル（省略すると、署名用と同じもの）
    #[arg(long, value_name = "FILE")]
    tls_pkcs12: Option<PathBuf>,
    /// PKCS#12 のパスワードを 1 行目に書いたファイル（省略すると画面で尋ねます）
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// 信頼する認証局の証明書（繰り返し可）
    #[arg(long = "root", value_name = "FILE")]
    roots: Vec<PathBuf>,
    /// 確認を求めません。決まっていない大切なことは、推測せずに誤りにします
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let path = &args.config.config;
    let home = path.parent().unwrap_or_else(|| Path::new(""));
    let mut asker = (!args.yes).then(|| Asker::on_terminal(lang)).flatten();
    let existing = match std::fs::symlink_metadata(path) {
        Ok(_) => Some(setup::config(path, lang)?),
        Err(_) => None,
    };
    let lang = match (&existing, &mut asker) {
        (None, Some(asker)) => asker.language()?,
        _ => lang,
    };
    let Answers { office, node, keys, to_make } =
        questions::answers(args, home, existing.as_ref(), asker.as_mut(), lang)?;
    let plan = Plan { config: path.clone(), office, node, keys, lang };
    match &mut asker {
        Some(asker) => {
            output::line(&summary(&plan, &to_make, setup::spec()?))?;
            if !asker.yes(lang.pick("この内容で作りますか", "Set it up like this"), None)?
            {
                let text = lang.pick("何も作りませんでした。", "nothing was made");
                return Err(UsageError(text.to_owned()).into());
            }
        }
        None if !args.yes => {
            let text = lang.pick(
                "確認を求められない場所のため、何も作りませんでした。この内容でよければ --yes を付けてください。",
                "nobody can confirm here, so nothing was made; add --yes if it is right like this",
            );
            return Err(UsageError(text.to_owned()).into());
        }
        None => {}
    }
    for folder in &to_make {
        founding::make_folder(&home.join(folder)).map_err(|error| {
            UsageError(format!("{}: {}", folder.display(), io_text(&error, lang)))
        })?;
    }
    let clock = Clock::system();
    let problems = founding::problems(&plan, setup::spec()?, &clock);
    let problems = StartProblems(setup::runtime()?.block_on(problems));
    if !problems.0.is_empty() {
        let head = lang.pick(
            "次の点を直してから、もう一度実行してください（設定ファイルは作っていません）。",
            "mend this and run the command again (no configuration was written):",
        );
        return Err(UsageError(format!("{head}\n{}", problems.text(lang))).into());
    }
    let founded = founding::found(&plan, clock.now()).map_err(|error| {
        let head = lang.pick("設定できません", "cannot be set up");
        UsageError(format!("{head}: {}", error.text(lang)))
    })?;
    output::line(&done(&plan, &founded))?;
    Ok(ExitCode::SUCCESS)
}

/// What is going to be, to be confirmed.
fn summary(plan: &Plan, to_make: &[PathBuf], spec: &Spec) -> String {
    let rows = founding::summary(plan, to_make, spec).into_iter();
    let rows: Vec<_> = rows.map(|(name, value)| vec![name.to_owned(), value]).collect();
    output::table(&["", ""], &rows)
}

/// What was made, and what comes next.
fn done(plan: &Plan, founded: &Founded) -> String {
    let lang = plan.lang;
    let (config, in_command) = (plan.config.display(), founding::in_command(&plan.config));
    let mut lines = vec![match (&plan.node, lang) {
        (Some(_), Lang::Ja) => format!("設定ファイル {config} を作りました。"),
        (Some(_), Lang::En) => format!("wrote the configuration {config}"),
        (None, Lang::Ja) => {
            format!("設定ファイル {config} に事業所 {} を加えました。", plan.office.number)
        }
        (None, Lang::En) => format!("added the office {} to {config}", plan.office.number),
    }];
    lines.extend(founded.files.iter().map(|file| format!("  {}", file.display())));
    lines.push(
        lang.pick("秘密鍵（.key）は誰にも渡さないでください。", "give the keys (.key) to nobody")
            .to_owned(),
    );
    lines.push(lang.pick("次にすること:", "next:").to_owned());
    for request in &founded.requests {
        lines.push(format!("  {}", founding::request_step(request, lang)));
    }
    lines.push(match (&plan.node, lang) {
        (Some(_), Lang::Ja) => format!("  renkei run --config {in_command} で起動する"),
        (Some(_), Lang::En) => format!("  renkei run --config {in_command} starts it"),
        (None, Lang::Ja) => "  動いている renkei は、加えた事業所を自動で読み込みます（renkei run --check で確かめられます）"
                .to_owned(),
        (None, Lang::En) => "  a node that runs takes the office up by itself (renkei run --check looks at it)"
                .to_owned(),
    });
    lines.push(match lang {
        Lang::Ja => format!(
            "  renkei card --config {in_command} --office {} で事業所カードを作り、相手と交換する",
            plan.office.number
        ),
        Lang::En => format!(
            "  renkei card --config {in_command} --office {} makes the card to exchange with partners",
            plan.office.number
        ),
    });
    lines.push(match lang {
        Lang::Ja => format!("  うまくいかないときは renkei doctor --config {in_command}"),
        Lang::En => format!("  renkei doctor --config {in_command} where something does not work"),
    });
    lines.join("\n")
}
