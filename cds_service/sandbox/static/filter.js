// Narrows a list of scenarios to those that contain what is typed; headings without any are hidden with them.

import { find } from "./dom.js";

export function listenToFilter(language) {
  const items = [...document.querySelectorAll(".scenarios li")];
  const sections = [...document.querySelectorAll(".scenarios section")];
  find("filter").addEventListener("input", ({ target }) => {
    const wanted = target.value.trim().toLocaleLowerCase(language);
    for (const item of items) item.hidden = !item.textContent.toLocaleLowerCase(language).includes(wanted);
    for (const section of sections) section.hidden = !section.querySelector("li:not([hidden])");
    find("no-match").hidden = items.some((item) => !item.hidden);
  });
}
