//! `renkei user`: who may log in to the page.
//!
//! The file of users is changed beside the node, whether it runs or not: the page reads it with every
//! request. Passwords are never arguments, which other accounts of the system can see.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::process::ExitCode;

use clap::Subcommand;
use zeroize::Zeroizing;

use super::order::record;
use super::secret::{same_again, secret};
use super::setup::{self, ConfigArg};
use super::{UsageError, output, usage};
use crate::control::UserChange;
use crate::desk::words;
use crate::types::{Clock, Lang};
use crate::users::{
    LEAST_PASSWORD, MOST_PASSWORD, Role, UserFile, UserName, Users, UsersError, weakness,
};

/// The most bytes of a password on standard input.
const MOST_BYTES: usize = 4 * MOST_PASSWORD + 2;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// ユーザーを登録します（パスワードは入力を求めるか、標準入力から 1 行読みます）
    Add {
        #[command(flatten)]
        config: ConfigArg,
        /// ユーザーの名前
        name: UserName,
        /// 権限（一般か管理者）
        #[arg(long, value_name = "ROLE", default_value = "general", value_parser = usage::choices::<Role>(&["general", "administrator"]))]
        role: Role,
    },
    /// ユーザーを一覧します
    List {
        #[command(flatten)]
        config: ConfigArg,
    },
    /// パスワードを再設定します（そのユーザーのログインはすべて終了します）
    Passwd {
        #[command(flatten)]
        config: ConfigArg,
        /// ユーザーの名前
        name: UserName,
        /// 二段階認証も解除します（携帯電話をなくしたとき）
        #[arg(long)]
        remove_app: bool,
    },
    /// 権限を変更します
    Role {
        #[command(flatten)]
        config: ConfigArg,
        /// ユーザーの名前
        name: UserName,
        /// 権限（一般か管理者）
        #[arg(value_parser = usage::choices::<Role>(&["general", "administrator"]))]
        role: Role,
    },
    /// ユーザーを削除します（そのユーザーのログインはすべて終了します）
    Remove {
        #[command(flatten)]
        config: ConfigArg,
        /// ユーザーの名前
        name: UserName,
    },
    /// パスワードを間違えてロックされたユーザーが、すぐログインし直せるようにします
    Unlock {
        #[command(flatten)]
        config: ConfigArg,
        /// ユーザーの名前
        name: UserName,
    },
}

pub(super) fn run(args: Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let now = Clock::system().now();
    match args.command {
        Command::List { config } => list(&config, lang)?,
        Command::Add { config, name, role } => {
            let file = file(&config, lang)?;
            // Nobody types a password for nothing.
            let is_taken = told(file.read(), lang)?.named(&name).is_some();
            told(if is_taken { Err(UsersError::Taken) } else { Ok(()) }, lang)?;
            let hash = told(Users::hash(&name, &password(&name, lang)?), lang)?;
            told(file.change(|users| users.add(name.clone(), role, hash, now)), lang)?;
            record(&config, UserChange::UserAdded, &format!("{name} {}", role.as_str()), lang)?;
            let text = role.text(lang);
            output::line(&match lang {
                Lang::Ja => format!("{name} さんを登録しました（{text}）。"),
                Lang::En => format!("{name} is added ({text})"),
            })?;
        }
        Command::Passwd { config, name, remove_app } => {
            let file = file(&config, lang)?;
            let is_known = told(file.read(), lang)?.named(&name).is_some();
            told(if is_known { Ok(()) } else { Err(UsersError::Unknown) }, lang)?;
            let hash = told(Users::hash(&name, &password(&name, lang)?), lang)?;
            let change = |users: &mut Users| {
                users.set_password(&name, hash, now)?;
                if remove_app { users.remove_app(&name) } else { Ok(()) }
            };
            told(file.change(change), lang)?;
            record(&config, UserChange::UserPassword, name.as_str(), lang)?;
            if remove_app {
                record(&config, UserChange::AppRemoved, name.as_str(), lang)?;
            }
            output::line(&match lang {
                Lang::Ja => format!("{name} さんのパスワードを再設定しました。"),
                Lang::En => format!("the password of {name} is set"),
            })?;
        }
        Command::Role { config, name, role } => {
            told(file(&config, lang)?.change(|users| users.set_role(&name, role)), lang)?;
            record(&config, UserChange::UserRole, &format!("{name} {}", role.as_str()), lang)?;
            let text = role.text(lang);
            output::line(&match lang {
                Lang::Ja => format!("{name} さんの権限を「{text}」にしました。"),
                Lang::En => format!("{name} is now {text}"),
            })?;
        }
        Command::Remove { config, name } => {
            told(file(&config, lang)?.change(|users| users.remove(&name)), lang)?;
            record(&config, UserChange::UserRemoved, name.as_str(), lang)?;
            output::line(&match lang {
                Lang::Ja => format!("{name} さんを削除しました。"),
                Lang::En => format!("{name} is removed"),
            })?;
        }
        Command::Unlock { config, name } => {
            told(file(&config, lang)?.change(|users| users.unlock(&name, now)), lang)?;
            record(&config, UserChange::UserUnlocked, name.as_str(), lang)?;
            output::line(&match lang {
                Lang::Ja => format!("{name} さんは、すぐにログインし直せます。"),
                Lang::En => format!("{name} may try again at once"),
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn told<T>(done: Result<T, UsersError>, lang: Lang) -> Result<T, UsageError> {
    done.map_err(|error| UsageError(error.text(lang)))
}

fn file(config: &ConfigArg, lang: Lang) -> Result<UserFile, UsageError> {
    Ok(UserFile::new(&setup::data(config, lang)?))
}

fn list(config: &ConfigArg, lang: Lang) -> anyhow::Result<()> {
    let users = told(file(config, lang)?.read(), lang)?;
    if users.is_empty() {
        output::line(lang.pick(
            "ユーザーはまだ登録されていません。画面は renkei open で開けます。",
            "there are no users yet; renkei open opens the page",
        ))?;
    } else {
        let head = match lang {
            Lang::Ja => ["名前", "権限", "二段階認証", "パスワードの設定日時"],
            Lang::En => ["name", "role", "app", "password set"],
        };
        let rows = users.all().iter().map(|user| {
            let app =
                if user.has_app() { lang.pick("あり", "yes") } else { lang.pick("なし", "no") };
            let role = user.role.text(lang).to_owned();
            vec![user.name.to_string(), role, app.to_owned(), words::time(user.since)]
        });
        output::line(&output::table(&head, &rows.collect::<Vec<_>>()))?;
    }
    Ok(())
}

/// A new password: typed twice on a terminal, where nobody sees it, or one line of standard input.
fn password(name: &UserName, lang: Lang) -> anyhow::Result<Zeroizing<String>> {
    if !io::stdin().is_terminal() {
        let mut line = Zeroizing::new(String::new());
        io::stdin().lock().take(u64::try_from(MOST_BYTES)?).read_line(&mut line)?;
        let plain = line.trim_end_matches(['\r', '\n']).len();
        line.truncate(plain);
        return Ok(line);
    }
    output::error(&match lang {
        Lang::Ja => format!(
            "{name} さんの新しいパスワードを入力してください（{LEAST_PASSWORD}～{MOST_PASSWORD} 文字。表示されません）。"
        ),
        Lang::En => format!(
            "type the new password of {name} ({LEAST_PASSWORD} to {MOST_PASSWORD} characters; it is not shown)"
        ),
    });
    let new = secret(lang.pick("パスワード: ", "password: "))?;
    if let Some(error) = weakness(name, &new) {
        return Err(UsageError(error.text(lang)).into());
    }
    same_again(&new, lang)?;
    Ok(new)
}
