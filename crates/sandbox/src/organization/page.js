"use strict";
const live = document.querySelector(".live");
function show(text, lost) {
  live.classList.toggle("lost", lost);
  if (live.textContent !== text) live.textContent = text;
}
async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    const main = document.querySelector("main");
    show("Live", false);
    if (next.dataset.version === main.dataset.version) return;
    const open = [...main.querySelectorAll("details[open]")].map((entry) => entry.id);
    const name = (list) => list.parentElement.getAttribute("aria-labelledby");
    const places = new Map([...main.querySelectorAll(".wide")].map((list) => [name(list), [list.scrollLeft, list.scrollTop]]));
    main.replaceWith(next);
    for (const list of next.querySelectorAll(".wide")) list.scrollTo(...(places.get(name(list)) ?? [0, 0]));
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  } catch {
    show("Stopped", true);
  }
}
setInterval(refresh, 1500);
document.addEventListener("visibilitychange", refresh);
