// JSON whose numbers keep the digits they were written with: a weight of 63.0 kg must not become 63 on the way.
// Browsers without JSON.rawJSON fall back to plain numbers.

const exact = typeof JSON.rawJSON === "function";

export function parse(text) {
  return JSON.parse(text, (key, value, context) =>
    exact && typeof value === "number" && context?.source ? JSON.rawJSON(context.source) : value,
  );
}

export function stringify(value, indent) {
  return JSON.stringify(value, null, indent);
}

export function copy(value) {
  return value === undefined ? undefined : parse(stringify(value));
}

// The number itself, of either kind; undefined where there is none.
export function number(value) {
  const found = exact && JSON.isRawJSON(value) ? Number(value.rawJSON) : value;
  return typeof found === "number" && Number.isFinite(found) ? found : undefined;
}
