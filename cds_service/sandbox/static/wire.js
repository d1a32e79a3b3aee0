// What went over the wire, pretty-printed side by side, and copied on demand.

import { element, find } from "./dom.js";
import { parse, stringify } from "./exact.js";

const SHOWN = 150_000; // characters; a long chart has millions

export class Wire {
  constructor(words) {
    this.words = words;
    this.texts = {};
    for (const name of ["request", "response", "curl"]) {
      find(`copy-${name}`).addEventListener("click", () => this.copy(this.texts[name]));
    }
  }

  request(url, body, language) {
    this.side("request", `POST ${url}`, stringify(body, 2));
    const address = new URL(url, location.href).href;
    const lines = [
      `curl -sS -X POST '${address}' \\`,
      "  -H 'Content-Type: application/json' \\",
      `  -H 'Accept-Language: ${language}' \\`,
      `  --data-binary @- <<'JSON'\n${stringify(body)}\nJSON`,
    ];
    this.texts.curl = lines.join("\n");
    find("copy-curl").disabled = false;
    this.side("response", "", "");
  }

  response({ status, text, milliseconds }) {
    let pretty = text;
    try {
      pretty = stringify(parse(text), 2);
    } catch {
      // Not JSON: shown as it came.
    }
    this.side("response", `${status} · ${milliseconds} ms`, pretty);
  }

  // Which prefetch keys could be had.
  data(told) {
    const { words } = this;
    const said = (each) =>
      each.why === undefined
        ? `${each.count} ${each.count === 1 ? words.resource : words.resources}`
        : `${words["left-out"]} (${each.why})`;
    const row = (each) =>
      element("tr", {}, element("th", { scope: "row", textContent: each.key }), element("td", { textContent: said(each) }));
    find("data").replaceChildren(...told.map(row));
    const sent = told.filter((each) => each.why === undefined).length;
    find("data-summary").textContent = `${sent} / ${told.length}`;
    find("data-panel").hidden = told.length === 0;
  }

  side(name, line, text) {
    this.texts[name] = text;
    find(`${name}-line`).textContent = line;
    find(name).textContent = text.length > SHOWN ? `${text.slice(0, SHOWN)}\n${this.words.shortened}` : text;
    find(`copy-${name}`).disabled = !text;
  }

  async copy(text) {
    let said = this.words.copied;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      said = this.words["not-copied"];
    }
    find("copied").textContent = said;
  }
}
