//! The commands, one file each.
//!
//! Exit codes are the same everywhere: 0 all is well, 1 the answer is no (findings, a signature
//! that does not hold, a set that did not arrive), 2 usage or configuration, 3 could not finish.

mod backup;
mod ca;
mod card;
mod certs;
mod completions;
mod confirm;
mod convert;
mod copies;
mod dates;
mod demo;
mod dev;
mod doctor;
mod evidence;
mod explain;
mod export;
mod first_start;
mod fix;
mod held;
mod help;
mod history;
mod hold;
mod import_profiles;
mod init;
mod inputs;
mod mail;
mod man;
mod new;
mod new_folder;
mod open;
mod order;
mod outbox;
mod output;
mod partner;
mod print;
mod progress;
mod recall;
mod relay;
mod reload;
mod retry;
mod rules;
mod run;
mod secret;
mod setup;
mod signals;
mod status;
mod token;
mod unfinished;
mod usage;
mod user;
mod validate;
mod vectors;
mod verify;
mod verify_all;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::types::Lang;

/// The answer is no.
const EXIT_NO: u8 = 1;
/// The command line or the configuration is wrong.
const EXIT_USAGE: u8 = 2;
/// Something of ours or of the machine failed.
const EXIT_FAILED: u8 = 3;

#[derive(Debug, Parser)]
#[command(
    name = "renkei",
    version,
    arg_required_else_help = true,
    about = "ケアプランデータ連携ノード"
)]
struct Cli {
    /// 表示と報告書の言語（省略すると、設定ファイルを読むコマンドではその node.lang、ほかは ja）
    #[arg(long, global = true, value_name = "LANG", value_parser = usage::choices::<Lang>(&["ja", "en"]))]
    lang: Option<Lang>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// ケアプランデータのファイルが標準仕様に合っているか確かめます
    Validate(validate::Args),
    /// 文字コードや改行などを直した写しを作ります（元のファイルは変えません）
    Fix(fix::Args),
    /// 別の版（v3、v4.1）のファイルに変換します
    Convert(convert::Args),
    /// ファイルの内容を、印刷できる帳票（第1表など）にします
    Print(print::Args),
    /// 検査の規則の一覧を表示します
    Rules(rules::Args),
    /// 規則やコードの意味・対応する人・直し方を説明します
    Explain(explain::Args),
    /// 質問に答えて、設定ファイルと鍵を作ります（2 回目からは事業所を加えます）
    Init(init::Args),
    /// ノードを起動します（送信用フォルダーを見張り、相手と送受信します）
    Run(run::Args),
    /// 準備なしで一通りの動きを試します
    Demo(demo::Args),
    /// 送信待ち・保留・到着の状況を表示します
    Status(status::Args),
    /// 設定・フォルダー・証明書・台帳・相手への接続などを、まとめて調べます
    Doctor(doctor::Args),
    /// 送受信履歴を表示します
    History(history::Args),
    /// 保留中のものを一覧し、もう一度検査・配置するか、対応済みにします
    Hold(hold::Args),
    /// WEBサービスや紙の相手に渡すものを一覧し、渡したと記録します（renkei web でも同じです）
    #[command(alias = "web")]
    Outbox(outbox::Args),
    /// 介護ソフトの取込の型（設定の import_habits）を一覧・説明します
    ImportProfiles(import_profiles::Args),
    /// 送信待ちのものと、相手が受け付けず停止中のものを、すぐに送り直します
    Retry(retry::Args),
    /// 送ったものを、相手の取込フォルダーに入る前に取り戻します
    Recall(recall::Args),
    /// 動いている renkei の画面をブラウザーで開きます
    Open(open::Args),
    /// 画面にログインできるユーザーを登録・変更・削除します
    User(user::Args),
    /// メールの設定を確かめます
    Mail(mail::Args),
    /// 介護ソフトが画面の API を呼ぶためのトークンを発行・取り消しします
    Token(token::Args),
    /// 設定・証明書・失効リストをすぐに読み直し、反映した内容か誤りを表示します
    Reload(reload::Args),
    /// 送受信したパッケージと受領証を、第三者が検証できる形で書き出します
    Export(export::Args),
    /// 1 か月分の送受信の記録を、証拠ごと書き出します（運営指導用）
    Evidence(evidence::Args),
    /// 設定・台帳・パッケージのバックアップを、パスフレーズで暗号化して書き出します
    Backup(backup::BackupArgs),
    /// バックアップを空のフォルダーに戻します
    Restore(backup::RestoreArgs),
    /// 書き出したもの、または保管しているすべてが本物か確かめます
    Verify(verify::Args),
    /// 証明書の準備を手伝います
    Certs(certs::Args),
    /// 法人や地域のための小さな認証局を持ち、証明書の発行と失効をします
    Ca(ca::Args),
    /// 相手に渡す事業所カードを書き出します
    Card(card::Args),
    /// 相手を登録・確認・削除します
    Partner(partner::Args),
    /// 封かんしたパッケージを預かる中継サーバーを動かします
    Relay(relay::Args),
    /// 架空の利用者の正しいファイルを作ります（取込の試験、性能測定用）
    New(new::Args),
    /// シェルの補完の設定を表示します
    Completions(completions::Args),
    /// マニュアルページ（man）を書き出します
    Man(man::Args),
    /// renkei の開発用
    #[command(hide = true)]
    Dev(dev::Args),
}

/// A mistake of the person who called: wrong arguments, a wrong configuration. Exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UsageError(String);

/// Runs the command line and answers with the exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = help::as_option(&Cli::command(), arguments.into_iter().collect());
    let lang = help::lang_of(&arguments);
    let matches = match help::localised(Cli::command(), lang).try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) => return usage::answer(&error, &arguments, lang),
    };
    let lang = language(&matches);
    match run(&matches, lang) {
        Ok(code) => code,
        Err(error) => {
            output::failure(&error, lang);
            let usage = error.downcast_ref::<UsageError>().is_some();
            ExitCode::from(if usage { EXIT_USAGE } else { EXIT_FAILED })
        }
    }
}

/// The language of a command: what `--lang` says, or else the configuration that the command reads.
fn language(matches: &ArgMatches) -> Lang {
    let given = matches.get_one::<Lang>("lang").copied();
    given.or_else(|| setup::language(configuration(matches)?)).unwrap_or_default()
}

/// The configuration that a command reads, if it reads one.
fn configuration(mut matches: &ArgMatches) -> Option<&Path> {
    while let Some((_, below)) = matches.subcommand() {
        matches = below;
    }
    matches.try_get_one::<PathBuf>("config").ok()?.map(PathBuf::as_path)
}

fn run(matches: &ArgMatches, lang: Lang) -> anyhow::Result<ExitCode> {
    let Cli { command, .. } = Cli::from_arg_matches(matches)?;
    match command {
        Command::Validate(args) => validate::run(&args, lang),
        Command::Fix(args) => fix::run(&args, lang),
        Command::Convert(args) => convert::run(&args, lang),
        Command::Print(args) => print::run(&args, lang),
        Command::Rules(args) => rules::run(&args, lang),
        Command::Explain(args) => explain::run(&args, lang),
        Command::Init(args) => init::run(&args, lang),
        Command::Run(args) => run::run(&args, lang),
        Command::Demo(args) => demo::run(&args, lang),
        Command::Status(args) => status::run(&args, lang),
        Command::Doctor(args) => doctor::run(&args, lang),
        Command::History(args) => history::run(&args, lang),
        Command::Hold(args) => hold::run(args, lang),
        Command::Outbox(args) => outbox::run(args, lang),
        Command::ImportProfiles(args) => import_profiles::run(&args, lang),
        Command::Retry(args) => retry::run(&args, lang),
        Command::Recall(args) => recall::run(&args, lang),
        Command::Open(args) => open::run(&args, lang),
        Command::User(args) => user::run(args, lang),
        Command::Mail(args) => mail::run(&args, lang),
        Command::Token(args) => token::run(args, lang),
        Command::Reload(args) => reload::run(&args, lang),
        Command::Export(args) => export::run(&args, lang),
        Command::Evidence(args) => evidence::run(&args, lang),
        Command::Backup(args) => backup::backup(&args, lang),
        Command::Restore(args) => backup::restore(&args, lang),
        Command::Verify(args) => verify::run(&args, lang),
        Command::Certs(args) => certs::run(&args, lang),
        Command::Ca(args) => ca::run(&args, lang),
        Command::Card(args) => card::run(&args, lang),
        Command::Partner(args) => partner::run(&args, lang),
        Command::Relay(args) => relay::run(args, lang),
        Command::New(args) => new::run(&args, lang),
        Command::Completions(args) => completions::run(&args, lang),
        Command::Man(args) => man::run(&args, lang),
        Command::Dev(args) => dev::run(&args, lang),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever adds a command with a configuration gets its language.
    #[test]
    fn every_command_follows_the_configuration_that_it_reads() {
        fn collect(command: &clap::Command, path: &[String], found: &mut Vec<Vec<String>>) {
            let path = [path, &[command.get_name().to_owned()]].concat();
            if command.get_arguments().any(|argument| argument.get_id() == "config") {
                let needed = command.get_arguments().filter(|argument| argument.is_required_set());
                let mut arguments = path.clone();
                for argument in needed {
                    arguments.extend(argument.get_long().map(|long| format!("--{long}")));
                    arguments.push(match argument.get_id().as_str() {
                        "message_id" => "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
                        "id" => "h1".to_owned(),
                        "to" => "v3".to_owned(),
                        "role" => "general".to_owned(),
                        "month" => "2026-04".to_owned(),
                        "partner" | "office" => "1370000026".to_owned(),
                        _ => "there".to_owned(),
                    });
                }
                // Needed where nothing else says what to look at.
                match command.get_name() {
                    "verify" => arguments.push("there".to_owned()),
                    "forget" => arguments.push("1370000026".to_owned()),
                    _ => {}
                }
                found.push(arguments);
            }
            for below in command.get_subcommands() {
                collect(below, &path, found);
            }
        }
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, text: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            path.to_str().expect("UTF-8").to_owned()
        };
        let mut found = Vec::new();
        collect(&Cli::command(), &[], &mut found);
        assert!(found.len() >= 11, "{found:?}");
        let speaks = |command: &[String], more: &[&str]| {
            let more = more.iter().map(|word| (*word).to_owned());
            let arguments = command.iter().cloned().chain(more);
            language(&Cli::command().try_get_matches_from(arguments).expect("arguments"))
        };
        let english = file("en.toml", b"[node]\nlang = \"en\"\n");
        let japanese = file("ja.toml", b"[node]\nlang = \"ja\"\n");
        // With a mistake in it, or saved by an old editor, it speaks as before.
        let broken = file("broken.toml", b"[node]\nlang = \"en\"\nlisten = \n[[office]\n");
        let shift_jis = file("sjis.toml", b"# \x90\xdd\x92\xe8\n[node]\nlang = \"en\"\n");
        let nothing = file("nothing.toml", b"[node]\nlang = \"fr\"\n");
        for command in &found {
            for config in [&english, &broken, &shift_jis] {
                assert_eq!(
                    speaks(command, &["--config", config]),
                    Lang::En,
                    "{command:?} {config}"
                );
            }
            for config in [&japanese, &nothing, "absent.toml"] {
                assert_eq!(
                    speaks(command, &["--config", config]),
                    Lang::Ja,
                    "{command:?} {config}"
                );
            }
            let given = ["--lang", "ja", "--config", &english];
            assert_eq!(speaks(command, &given), Lang::Ja, "{command:?}");
        }
        assert_eq!(speaks(&["renkei".to_owned(), "rules".to_owned()], &[]), Lang::Ja);
    }
}
