"use strict";
// Keeps a page up to date, and asks before what cannot be undone. Without this script a page is as
// it was when it was opened, and forms ask on a page of their own.
(() => {
  const live = document.querySelector("main[data-live]");
  if (live && window.EventSource) {
    let waiting = null;
    const renew = async () => {
      waiting = null;
      // Whoever is writing, or has something open, is not disturbed.
      const active = document.activeElement;
      if (active && active.closest("main form") && active.matches("input, select, textarea")) { later(); return; }
      const answer = await fetch(location.href, { headers: { "X-Renkei-Live": "1" }, credentials: "same-origin" }).catch(() => null);
      if (!answer) return;
      if (answer.status === 401) { location.href = "/welcome"; return; }
      if (!answer.ok) return;
      const text = await answer.text();
      const next = new DOMParser().parseFromString(text, "text/html").querySelector("main[data-live]");
      if (!next) return;
      const told = live.querySelector(".told");
      const open = new Set([...live.querySelectorAll("details[open][id]")].map((one) => one.id));
      const focused = document.activeElement && live.contains(document.activeElement) ? document.activeElement.id : "";
      live.replaceChildren(...next.childNodes);
      if (told) live.prepend(told);
      for (const one of live.querySelectorAll("details[id]")) if (open.has(one.id)) one.open = true;
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    };
    const later = () => { if (!waiting) waiting = setTimeout(renew, 400); };
    const events = new EventSource("/events");
    events.addEventListener("changed", later);
    addEventListener("pagehide", () => events.close());
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  }
  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", () => setTimeout(() => {
      for (const button of form.querySelectorAll("button")) button.disabled = true;
    }));
  }
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
})();
