// The few things the other modules do to the page.

export const find = (id) => document.getElementById(id);

export function fromTemplate(id) {
  const node = find(id).content.firstElementChild.cloneNode(true);
  const slot = (name) => node.querySelector(`[data-slot="${name}"]`);
  return { node, slot };
}

// An element with properties and children; texts are texts, whatever they contain.
export function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

// HTML that our own server has made safe: rendered Markdown, or a part of the page.
export function setHtml(node, html) {
  node.innerHTML = html;
}
