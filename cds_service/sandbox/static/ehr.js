// Starts the page: the scenario of its address, its controls, the way back.

import * as address from "./address.js";
import { Desk } from "./desk.js";
import { find, setHtml } from "./dom.js";
import { parse } from "./exact.js";
import { file } from "./filing.js";
import { listenToFilter } from "./filter.js";

const language = document.documentElement.lang;
const { scenario, patient } = find("ehr").dataset;

async function begin() {
  const answer = await fetch(`/sandbox/start/${scenario}?lang=${language}`);
  const start = parse(await answer.text());
  const desk = new Desk(start, language, address.kept() ?? address.carried(scenario));
  address.keep(desk.kept());
  listen(desk);
  if (desk.state.hook) await desk.ask();
}

function listen(desk) {
  for (const button of document.querySelectorAll("[data-hook]")) {
    button.addEventListener("click", async () => {
      await desk.go({ hook: button.dataset.hook });
      bringIntoView(find("cards"));
    });
  }
  find("edition").addEventListener("change", ({ target }) =>
    desk.go({ edition: target.value === target.dataset.default ? "" : target.value }),
  );
  find("fault").addEventListener("change", ({ target }) => desk.go({ fault: target.value }));
  find("prefetch").addEventListener("change", ({ target }) => desk.go({ prefetch: target.checked }));
  find("add-order").addEventListener("click", () => desk.addOrder());
  find("reset").addEventListener("click", () => reset());
  find("file-orders").addEventListener("click", () => fileOrders(desk));
  addEventListener("popstate", ({ state }) => {
    if (state === null) return address.keep(desk.kept()); // a jump within the page, such as to the cards
    desk.restore(address.kept());
    if (desk.state.hook) desk.ask();
  });
  for (const link of document.querySelectorAll("[data-language]")) {
    link.addEventListener("click", () => toLanguage(link, desk));
  }
}

// On a small screen the cards are below the buttons: whoever asked sees the answer.
function bringIntoView(section) {
  if (section.getBoundingClientRect().top > innerHeight * 0.8) section.scrollIntoView();
}

async function reset() {
  await fetch("/sandbox/reset", { method: "POST" });
  history.replaceState(null, "", location.href);
  location.reload();
}

async function fileOrders(desk) {
  const done = await file(desk.lists.draftOrders);
  find("filed").textContent = desk.speech.words[done ? "filed" : "not-filed"];
  if (!done) return;
  desk.edited(() => {
    desk.lists.draftOrders = [];
  });
  await showChart();
}

// The chart as it is now: an app may have written into it meanwhile.
async function showChart() {
  const answer = await fetch(`/sandbox/chart/${patient}?lang=${language}`);
  if (answer.ok) setHtml(find("chart"), await answer.text());
}

// The link keeps the state of the address; what is being written goes along.
function toLanguage(link, desk) {
  const query = new URLSearchParams(location.search);
  query.set("lang", link.dataset.language);
  link.search = `?${query}`;
  address.carry(desk.kept());
}

// Beside the desk the list is always open; above it, it is folded.
function fitList() {
  const beside = matchMedia("(min-width: 75rem)");
  const fit = () => {
    find("scenario-list").open = beside.matches;
  };
  beside.addEventListener("change", fit);
  fit();
}

listenToFilter(language);
fitList();
for (const field of document.querySelectorAll("[data-app-url]")) {
  field.value = address.registered(location.origin + field.dataset.appUrl, language);
}
find("chart-panel").open = matchMedia("(min-width: 56rem)").matches;
addEventListener("focus", showChart);
await begin();
document.documentElement.dataset.ready = "true";
