// Rows of name, type and value in place of JSON (core/structure.py): a hidden input carries what they make.
document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-structure]").forEach((box) => {
  const hidden = box.querySelector("input[type=hidden]");
  const words = JSON.parse(box.dataset.words);
  const places = JSON.parse(box.dataset.places);

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  const list = make("datalist", {id: `${hidden.id}-places`}, ...places.map((place) => make("option", {value: place})));
  if (places.length) box.append(list);

  const typeOf = (value) => {
    if (value === null) return "nothing";
    if (Array.isArray(value)) return "lines";
    return {object: "group", number: "number", boolean: "truth"}[typeof value] || "text";
  };

  const control = (type, value) => {
    const label = {"aria-label": words.value, class: "structure-value"};
    if (type === "group" || type === "lines") return rows(type, value);
    if (type === "nothing") return make("span", {class: "structure-value"}, "–");
    if (type === "truth") {
      const pick = make("select", label, make("option", {value: "true"}, words.yes), make("option", {value: "false"}, words.no));
      pick.value = String(value === true || value === "true");
      return pick;
    }
    const text = value === null || typeof value === "object" ? "" : String(value);
    const field = text.includes("\n") ? make("textarea", {...label, rows: 3}) : make("input", label);
    if (type === "number") { field.type = "number"; field.step = "any"; } else if (places.length) field.setAttribute("list", list.id);
    field.value = text;
    return field;
  };

  const row = (kind, name, value) => {
    const type = make("select", {"aria-label": words.type, class: "structure-type"},
      ...Object.entries(words.types).map(([key, label]) => make("option", {value: key}, label)));
    type.value = typeOf(value);
    const title = kind === "group" ? make("input", {"aria-label": words.name, class: "structure-name", placeholder: words.name})
      : make("span", {class: "structure-name"});
    if (kind === "group") title.value = name;
    const remove = make("button", {type: "button", class: "console-icon", "aria-label": words.remove},
      make("span", {class: "material-symbols-outlined", "aria-hidden": "true"}, "delete"));
    const element = make("div", {class: "structure-row", "data-kind": kind}, title, type, control(type.value, value), remove);
    element.classList.toggle("nested", ["group", "lines"].includes(type.value));
    remove.addEventListener("click", () => { element.remove(); keep(); });
    type.addEventListener("change", () => {
      const old = valueOf(element, element.dataset.type || typeOf(value));
      const single = old === null || typeof old === "object" ? "" : old;
      const fresh = {group: {"": single}, lines: [{"": single}], nothing: null}[type.value];
      element.children[2].replaceWith(control(type.value, fresh === undefined ? single : fresh));
      element.classList.toggle("nested", ["group", "lines"].includes(type.value));
      element.dataset.type = type.value;
      keep();
    });
    element.dataset.type = type.value;
    return element;
  };

  // A new line has the fields of the one before it.
  const like = (value) => {
    if (Array.isArray(value)) return value.slice(0, 1).map(like);
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, like(inner)]));
    return typeof value === "number" ? 0 : "";
  };

  function rows(kind, value) {
    const body = make("div", {class: "structure-rows"});
    const entries = kind === "lines" ? (value || []).map((inner) => ["", inner]) : Object.entries(value || {});
    body.append(...entries.map(([name, inner]) => row(kind, name, inner)));
    const add = make("button", {type: "button", class: "console-button"},
      make("span", {class: "material-symbols-outlined", "aria-hidden": "true"}, "add"), kind === "lines" ? words.row : words.field);
    const element = make("div", {class: "structure-part", "data-kind": kind}, body, add);
    add.addEventListener("click", () => {
      const last = body.lastElementChild;
      const fresh = kind === "group" ? "" : last ? like(valueOf(last, last.dataset.type)) : {"": ""};
      const made = row(kind, "", fresh);
      body.append(made);
      keep();
      (made.querySelector("input") || made.querySelector("select")).focus();
    });
    return element;
  }

  function valueOf(element, type) {
    const inner = element.children[2];
    if (type === "group" || type === "lines") return read(inner, type);
    if (type === "nothing") return null;
    if (type === "truth") return inner.value === "true";
    if (type === "number") return inner.value === "" ? null : Number(inner.value);
    return inner.value;
  }

  function read(part, kind) {
    const found = [...part.firstElementChild.children];
    if (kind === "lines") return found.map((each) => valueOf(each, each.dataset.type));
    return Object.fromEntries(found.map((each) => [each.firstElementChild.value.trim(), valueOf(each, each.dataset.type)])
      .filter(([name]) => name));
  }

  let stored = null;
  try { stored = JSON.parse(hidden.value); } catch { /* nothing stored */ }
  const kind = Array.isArray(stored) || (stored === null && box.dataset.structure === "list") ? "lines" : "group";
  const part = rows(kind, stored || (kind === "lines" ? [] : {}));
  box.append(part);

  function number() {
    box.querySelectorAll(".structure-rows").forEach((body) => [...body.children].forEach((each, index) => {
      if (each.dataset.kind === "lines") each.firstElementChild.textContent = `${words.line} ${index + 1}`;
    }));
  }

  function keep() {
    const value = read(part, kind);
    const empty = kind === "lines" ? !value.length : !Object.keys(value).length;
    hidden.value = empty ? "" : JSON.stringify(value);
    number();
  }

  box.addEventListener("input", keep);
  box.addEventListener("change", keep);
  number();
}));
