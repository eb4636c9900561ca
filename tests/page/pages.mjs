// Every page, one line each. A page that some link leads to has to stand here.
//
// path      where it is; `{name}` is a thing that `furnish` of tests/it/page has made
// heading   what its first heading begins with
// has       texts that it shows
// sheets    how many sheets of paper it may take
// picture   under which name it stands in docs/images

export const PAGES = [
  { path: "/", heading: "今日", has: ["対応が必要なこと", "すぐに送り直す"], sheets: 2, picture: "today" },
  { path: "/held", heading: "保留", has: ["送信元 → 送信先"], sheets: 2, picture: "held-list" },
  { path: "/held/{broken}", heading: "計画取消", has: ["直し方", "<script>"], sheets: 3, picture: "held" },
  { path: "/held/{fixable}", heading: "居宅サービス計画書", has: ["変更の一覧"], sheets: 6 },
  { path: "/held/{conflict}", heading: "", has: ["もう一度配置する"], sheets: 3 },
  { path: "/partners", heading: "相手", has: ["届いていません"], sheets: 2, picture: "partners" },
  { path: "/certificates", heading: "証明書", has: ["有効期間"], sheets: 2 },
  { path: "/diagnosis", heading: "診断", has: ["動いています"], sheets: 3 },
];

/// Where a page of the list is, now that its things are there.
export function pathOf({ path }, things) {
  return path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(things[name]));
}

/// The line of the list that a path belongs to.
export function lineOf(path) {
  return PAGES.find((page) => new RegExp(`^${page.path.replace(/\{\w+\}/g, "[^/]+")}$`).test(path));
}
