"use strict";
// Keeps a page up to date, tells what needs somebody, and sends a form once. Without this script a page
// is as it was when it was opened.
(() => {
  const live = document.querySelector("main[data-live]");

  /// Somebody who writes, has chosen something or marks a text is not disturbed.
  const isBusy = () => {
    const fields = [...live.querySelectorAll("input:not([type=hidden]), select, textarea")];
    const isChanged = (field) => "checked" in field && field.checked !== field.defaultChecked
      || (field.options ? [...field.options].some((one) => one.selected !== one.defaultSelected && (one.defaultSelected || field.selectedIndex > 0)) : field.value !== field.defaultValue);
    const chosen = getSelection();
    return fields.some((field) => field === document.activeElement || isChanged(field))
      || (chosen.type === "Range" && live.contains(chosen.anchorNode));
  };

  /// What it shows, without the numbers of its forms, which are others each time.
  const shown = (main) => {
    const copy = main.cloneNode(true);
    for (const one of copy.querySelectorAll(".told, input[name=form]")) one.remove();
    for (const one of copy.querySelectorAll("details")) one.removeAttribute("open");
    for (const one of copy.querySelectorAll("[data-print]")) one.hidden = true;
    return copy.innerHTML.trim();
  };

  /// What finds an element again in the same page made anew.
  const mark = (one) => one.id || [one.localName, one.getAttribute("href"), one.form?.getAttribute("action"), one.parentElement?.id, one.ariaLabel, one.textContent].join("|");

  const show = (next) => {
    const told = live.querySelector(".told");
    const open = new Map([...live.querySelectorAll("details[id]")].map((one) => [one.id, one.open]));
    const frames = new Map([...live.querySelectorAll(".scroll")].map((one) => [mark(one), one.scrollLeft]));
    const active = document.activeElement;
    const focused = live.contains(active) ? mark(active) : null;
    live.replaceChildren(...next.childNodes);
    if (told && !live.querySelector(".told")) live.prepend(told);
    for (const one of live.querySelectorAll("details[id]")) one.open = open.get(one.id) ?? one.open;
    for (const one of live.querySelectorAll(".scroll")) one.scrollLeft = frames.get(mark(one)) ?? 0;
    if (focused) [...live.querySelectorAll("a, button, summary, [tabindex]")].find((one) => mark(one) === focused)?.focus({ preventScroll: true });
    printing();
  };

  // What is still asked is of no use any more when the page is left.
  let leaving = new AbortController();

  const renew = async () => {
    const { signal } = leaving;
    const answer = await fetch(location.href, { headers: { "X-Renkei-Live": "1" }, credentials: "same-origin", signal }).catch(() => null);
    if (answer?.status === 401) location.replace("/welcome");
    if (!answer?.ok) return;
    const text = await answer.text().catch(() => "");
    const next = new DOMParser().parseFromString(text, "text/html").querySelector("main[data-live]");
    if (!next || signal.aborted || shown(next) === shown(live)) return;
    if (isBusy()) whenFree();
    else show(next);
  };

  let waiting = null;
  const later = (delay) => {
    waiting ??= setTimeout(() => {
      waiting = null;
      renew();
    }, delay);
  };

  /// Asks anew once nobody is disturbed by it, and not before.
  const whenFree = () => {
    waiting ??= setTimeout(() => {
      waiting = null;
      if (isBusy()) whenFree();
      else renew();
    }, 2000);
  };

  const dropRenewal = () => {
    clearTimeout(waiting);
    waiting = null;
    leaving.abort();
    leaving = new AbortController();
  };

  const printing = () => {
    for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
  };

  if (live && window.EventSource) {
    let events = null;
    const watch = () => {
      if (events || document.visibilityState === "hidden") return;
      const opened = new EventSource("/events");
      events = opened;
      // What happened before the connection stood, nobody tells any more.
      opened.addEventListener("open", () => later(100));
      opened.addEventListener("changed", () => later(400));
      // Whoever was signed out sees nothing any more.
      opened.addEventListener("over", () => location.replace("/welcome"));
      // The browser tries again by itself where the connection broke, not where it was refused: then
      // the session is over, which the renewal learns, or the node has no place just now.
      opened.addEventListener("error", () => {
        if (opened.readyState !== EventSource.CLOSED || events !== opened) return;
        events = null;
        renew();
        setTimeout(watch, 10000);
      });
    };
    const unwatch = () => {
      events?.close();
      events = null;
    };
    watch();
    // A browser has six connections for all its tabs: none is kept to renew one that nobody sees.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") return unwatch();
      later(0);
      watch();
    });
    addEventListener("pagehide", unwatch);
    addEventListener("submit", dropRenewal);
  }
  // Notifications of the system, where somebody chose them in this browser.
  const needs = document.querySelector("main[data-needs]")?.dataset.needs;
  const CHOICE = "renkei-notify";
  const KNOWN = "renkei-notified";
  const canNotify = Boolean(needs && window.Notification && window.EventSource && navigator.locks);
  const isChosen = () => localStorage.getItem(CHOICE) === "on";
  const mayNotify = () => canNotify && isChosen() && Notification.permission === "granted";

  const notify = (count) => {
    const one = new Notification(document.querySelector(".brand span")?.firstChild.textContent.trim() ?? "renkei",
      { body: needs.replace("{n}", count), icon: "/assets/icon.svg", tag: CHOICE, renotify: true });
    one.addEventListener("click", () => {
      window.focus();
      location.assign("/");
      one.close();
    });
  };

  // So long after a refusal it is tried again: the node may have had no place just then.
  const REFUSED = 30000;

  /// Listens until the session is over, nobody wants it any more, or it was refused a while ago; says
  /// whether to try again.
  const listen = () => new Promise((end) => {
    const events = new EventSource("/events/needs");
    const over = new AbortController();
    const { signal } = over;
    const close = (again) => {
      events.close();
      over.abort();
      end(again);
    };
    events.addEventListener("needs", ({ data }) => {
      if (!mayNotify()) return close(false);
      const [count, ...marks] = data.split(" ");
      // What there was when somebody chose to be told needs no telling.
      const known = new Set((localStorage.getItem(KNOWN) ?? marks.join(" ")).split(" "));
      localStorage.setItem(KNOWN, marks.join(" "));
      if (marks.some((mark) => !known.has(mark))) notify(count);
    });
    events.addEventListener("over", () => close(false));
    events.addEventListener("error", () => {
      if (events.readyState === EventSource.CLOSED) setTimeout(() => close(true), REFUSED);
    });
    addEventListener("storage", ({ key }) => { if (key === CHOICE && !isChosen()) close(false); }, { signal });
    document.addEventListener("renkei-quiet", () => close(false), { signal });
  });

  /// One tab of a browser listens for all, also where nobody sees it.
  const watchNeeds = () => {
    if (mayNotify()) navigator.locks.request(CHOICE, listen).then((again) => { if (again) watchNeeds(); }).catch(() => null);
  };
  watchNeeds();

  const choice = document.querySelector("[data-notify]");
  if (choice) {
    const [on, off] = ["on", "off"].map((which) => choice.querySelector(`[data-notify-${which}]`));
    const tell = () => {
      let state = mayNotify() ? "on" : "off";
      if (!canNotify) state = "missing";
      else if (Notification.permission === "denied") state = "denied";
      for (const one of choice.querySelectorAll("[data-notify-is]")) one.hidden = one.dataset.notifyIs !== state;
      on.hidden = state === "on" || state === "missing";
      off.hidden = state !== "on";
    };
    on.addEventListener("click", async () => {
      await Notification.requestPermission();
      localStorage.removeItem(KNOWN);
      localStorage.setItem(CHOICE, "on");
      watchNeeds();
      tell();
    });
    off.addEventListener("click", () => {
      localStorage.removeItem(CHOICE);
      document.dispatchEvent(new Event("renkei-quiet"));
      tell();
    });
    choice.hidden = false;
    tell();
  }
  // A page that the browser kept shows what was.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  document.addEventListener("submit", ({ target: form }) => {
    if (!form.matches("form[data-once]")) return;
    setTimeout(() => {
      for (const button of form.querySelectorAll("button")) button.disabled = true;
    });
  });
  // The field takes what is dropped on it by itself; this only shows that it will.
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, ({ target }) => {
      if (target.matches?.("input[type=file].drop")) target.classList.toggle("over", kind.startsWith("dragen") || kind === "dragover");
    });
  }
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-print]")) window.print();
  });
  printing();
})();
