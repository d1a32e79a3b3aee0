// The state of the page that its address tells, so that it can be linked to, reloaded and gone back to. What is being
// written does not fit into an address: it is kept with the entry of the browser's history.

import { parse, stringify } from "./exact.js";

const CARRIED = "osteohooks-carried";

export function read() {
  const query = new URLSearchParams(location.search);
  return {
    hook: query.get("hook"),
    edition: query.get("edition") ?? "",
    fault: query.get("fault") ?? "",
    prefetch: query.get("prefetch") !== "off",
  };
}

// Another state is another entry of the history; the same one again is not.
export function go(state, kept) {
  const query = new URLSearchParams(location.search);
  const said = { hook: state.hook, edition: state.edition, fault: state.fault, prefetch: state.prefetch ? "" : "off" };
  for (const [name, value] of Object.entries(said)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const url = `${location.pathname}?${query}`;
  const same = url === location.pathname + location.search;
  history[same ? "replaceState" : "pushState"](stringify(kept), "", url);
}

export function keep(kept) {
  history.replaceState(stringify(kept), "", location.href);
}

export function kept() {
  return typeof history.state === "string" ? parse(history.state) : null;
}

// To the same state in another language, with what is being written.
export function carry(kept) {
  sessionStorage.setItem(CARRIED, stringify(kept));
}

export function carried(scenario) {
  const text = sessionStorage.getItem(CARRIED);
  sessionStorage.removeItem(CARRIED);
  const found = text ? parse(text) : null;
  return found?.scenario === scenario ? found : null;
}

// Where an app is launched: this EHR has registered our own in the language of its pages.
export function registered(url, language) {
  const own = document.querySelector("[data-app-url]")?.dataset.appUrl;
  return own && url === location.origin + own ? `${url}?lang=${language}` : url;
}
