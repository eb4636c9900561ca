//! Why something about the people who may log in, or the programs with tokens, cannot be done.

use std::io;

use super::policy::{DIFFERENT, LEAST_PASSWORD, MOST_PASSWORD};
use crate::types::{Lang, io_text};

/// Why it cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    /// The folder, or a file in it, cannot be read or written.
    #[error("the folder of users and tokens cannot be read or written: {0}")]
    Io(#[from] io::Error),
    /// The file of this name is not as we wrote it.
    #[error("the file of {0} is damaged")]
    Damaged(&'static str),
    /// The text cannot be the name of a user or a token.
    #[error("no name for a user or a token")]
    Name,
    /// There is nobody of that name.
    #[error("no such user")]
    Unknown,
    /// There is somebody of that name, or one that looks like it.
    #[error("there is such a user")]
    Taken,
    /// There are as many as there can be.
    #[error("too many users")]
    TooMany,
    /// There is no token of that name.
    #[error("no such token")]
    NoToken,
    /// There is a token of that name, or of one that looks like it.
    #[error("there is such a token")]
    TokenTaken,
    /// There are as many tokens as there can be.
    #[error("too many tokens")]
    TooManyTokens,
    /// The password is too short, too long, or too easy to guess.
    #[error("a weak password")]
    Weak,
}

impl UsersError {
    /// In words.
    pub fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Io(error), Lang::Ja) => {
                format!("データフォルダーの users フォルダーを読み書きできません: {}。", io_text(error, lang))
            }
            (Self::Io(error), Lang::En) => {
                format!("the folder users in the data folder cannot be read or written: {}", io_text(error, lang))
            }
            (Self::Damaged(file), Lang::Ja) => format!(
                "データフォルダーの users/{file}.json が壊れています。控えから戻すか、ファイルを別の場所に移してから、登録や発行をやり直してください。"
            ),
            (Self::Damaged(file), Lang::En) => format!(
                "users/{file}.json in the data folder is damaged; put a copy back, or move it away and add anew what stood there"
            ),
            (Self::Name, Lang::Ja) => "この名前は使えません。文字・数字で始まる 40 文字までの名前にしてください（記号は . _ - @ と間の空白だけ使えます）。".to_owned(),
            (Self::Name, Lang::En) => "this cannot be a name: expected up to 40 letters and digits, with . _ - @ and single spaces between them".to_owned(),
            (Self::Unknown, Lang::Ja) => "その名前のユーザーはいません。".to_owned(),
            (Self::Unknown, Lang::En) => "there is no user of this name".to_owned(),
            (Self::Taken, Lang::Ja) => "同じ名前か、大文字と小文字だけが違う名前のユーザーがいます。".to_owned(),
            (Self::Taken, Lang::En) => "there is a user of this name, or of one that differs only in case".to_owned(),
            (Self::TooMany, Lang::Ja) => "これ以上は登録できません。使っていないユーザーを削除してください。".to_owned(),
            (Self::TooMany, Lang::En) => "there are as many users as there can be; remove some".to_owned(),
            (Self::NoToken, Lang::Ja) => "その名前のトークンはありません。".to_owned(),
            (Self::NoToken, Lang::En) => "there is no token of this name".to_owned(),
            (Self::TokenTaken, Lang::Ja) => "同じ名前か、大文字と小文字だけが違う名前のトークンがあります。".to_owned(),
            (Self::TokenTaken, Lang::En) => "there is a token of this name, or of one that differs only in case".to_owned(),
            (Self::TooManyTokens, Lang::Ja) => "これ以上は発行できません。使っていないトークンを取り消してください。".to_owned(),
            (Self::TooManyTokens, Lang::En) => "there are as many tokens as there can be; revoke some".to_owned(),
            (Self::Weak, Lang::Ja) => format!(
                "このパスワードは使えません。{LEAST_PASSWORD} 文字以上 {MOST_PASSWORD} 文字までで、名前を含まず、{DIFFERENT} 種類以上の文字を使ったものにしてください。"
            ),
            (Self::Weak, Lang::En) => format!(
                "this password cannot be used: expected {LEAST_PASSWORD} to {MOST_PASSWORD} characters, at least {DIFFERENT} of them different, and not the name in it"
            ),
        }
    }
}
