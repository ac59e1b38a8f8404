"use strict";
const live = document.querySelector(".live");
async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    const main = document.querySelector("main");
    live.classList.remove("lost");
    live.textContent = "Live";
    if (next.dataset.version === main.dataset.version) return;
    const open = [...main.querySelectorAll("details[open]")].map((entry) => entry.id);
    main.replaceWith(next);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  } catch {
    live.classList.add("lost");
    live.textContent = "Stopped";
  }
}
setInterval(refresh, 1500);
document.addEventListener("visibilitychange", refresh);
