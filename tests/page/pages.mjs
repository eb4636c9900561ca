// Every page, one line each. A page that some link leads to has to stand here.
//
// path      where it is; `{name}` is a thing that `furnish` of tests/it/page/chromium/town.rs has made
// heading   what its first heading begins with
// has       texts that it shows
// sheets    how many sheets of paper it may take
// picture   under which name it stands in docs/images

export const PAGES = [
  { path: "/", heading: "今日", has: ["対応が必要なこと", "すぐに送り直す", "件・今日"], sheets: 2, picture: "today" },
  { path: "/sent", heading: "送信", has: ["サービス提供年月", "取込フォルダーに到着"], sheets: 2, picture: "sent" },
  { path: "/attach", heading: "添付ファイルを送る", has: ["ファイルをここに置く"], sheets: 2 },
  { path: "/received", heading: "受信", has: ["実績"], sheets: 2 },
  { path: "/package/{sent}", heading: "サービス利用票", has: ["受領証", "証拠を保存"], sheets: 3, picture: "package" },
  { path: "/package/{received}", heading: "実績", has: ["受領証"], sheets: 3 },
  { path: "/package/{waiting}", heading: "サービス利用票", has: ["相手につながりません"], sheets: 3 },
  { path: "/package/{sent}/forms", heading: "サービス利用票", has: ["架空"], sheets: 9, picture: "forms" },
  { path: "/package/{plan}/forms", heading: "居宅サービス計画書", has: ["<script>", "架空"], sheets: 9 },
  { path: "/package/{newer}/compare", heading: "居宅サービス計画書", has: ["架空"], sheets: 9 },
  { path: "/held", heading: "保留", has: ["送信元 → 送信先"], sheets: 2 },
  { path: "/held/{broken}", heading: "サービス利用票の削除", has: ["直し方", "<script>"], sheets: 3 },
  { path: "/held/{fixable}", heading: "居宅サービス計画書", has: ["変更する内容"], sheets: 6, picture: "held" },
  { path: "/held/{conflict}", heading: "実績", has: ["もう一度配置する"], sheets: 3 },
  { path: "/held/{turned}", heading: "居宅サービス計画書", has: ["[要承認]", "U+202E"], sheets: 6 },
  { path: "/held/{turned}/forms", heading: "居宅サービス計画書", has: [], sheets: 9 },
  { path: "/held/{fixable}/forms", heading: "居宅サービス計画書", has: [], sheets: 9 },
  { path: "/outbox", heading: "アップロード待ち", has: ["待っているものはありません"], sheets: 1 },
  { path: "/month?month=2026-06", heading: "予実", has: ["サービス提供年月", "架空"], sheets: 2, picture: "month" },
  { path: "/month/{partner}?month=2026-06", heading: "", has: ["架空"], sheets: 4 },
  { path: "/savings", heading: "", has: ["もとにした数字"], sheets: 3 },
  { path: "/versions", heading: "計画の版", has: ["まだ持っていない相手全員に送る"], sheets: 2 },
  { path: "/versions/send?kind=care", heading: "最新の計画を送る", has: ["中身を変えずに", "架空"], sheets: 2 },
  { path: "/partners", heading: "相手", has: ["届いていません"], sheets: 2, picture: "partners" },
  { path: "/partners/invitation", heading: "ケアプランデータ連携の登録の案内", has: ["登録の手順", "SHA-256"], sheets: 1 },
  { path: "/partners/{partner}", heading: "", has: ["つながるか確かめる", "登録を変える"], sheets: 2 },
  { path: "/certificates", heading: "証明書", has: ["有効期間"], sheets: 2 },
  { path: "/diagnosis", heading: "診断", has: ["動いています"], sheets: 3 },
  { path: "/diagnosis/doctor", heading: "詳しい診断", has: ["調べる"], sheets: 3 },
  { path: "/settings", heading: "設定", has: ["送信用フォルダー", "書き終わりを待つ時間"], sheets: 3 },
  { path: "/users", heading: "ユーザー", has: ["登録されているユーザー"], sheets: 2 },
  { path: "/tokens", heading: "API のトークン", has: ["トークンを発行する"], sheets: 2 },
  { path: "/audit", heading: "閲覧記録", has: ["CSV に書き出す"], sheets: 9 },
  { path: "/evidence?month=2026-06", heading: "記録・証跡", has: ["送受信した月"], sheets: 2 },
  { path: "/backups", heading: "バックアップ", has: ["renkei restore", "読めるか確かめる"], sheets: 3 },
  { path: "/account", heading: "自分の設定", has: ["二段階認証"], sheets: 2 },
  { path: "/account/app", heading: "二段階認証の設定", has: ["確認コード"], sheets: 2 },
];

/// Where a page of the list is, now that its things are there.
export function pathOf({ path }, things) {
  return path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(things[name]));
}

/// The line of the list that a path without a query belongs to.
export function lineOf(pathname) {
  return PAGES.find(({ path }) => new RegExp(`^${path.split("?")[0].replace(/\{\w+\}/g, "[^/]+")}$`).test(pathname));
}
