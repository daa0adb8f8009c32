// Small behaviours of the console's pages; every page works without them, if less comfortably.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form && "autosubmit" in form.dataset) form.requestSubmit();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.querySelector(button.dataset.copy).textContent.trim();
  const done = () => { button.dataset.copied = "1"; button.querySelector("span:last-child").textContent = button.dataset.done; };
  if (navigator.clipboard && window.isSecureContext) { navigator.clipboard.writeText(text).then(done); return; }
  const area = document.createElement("textarea");  // plain http has no clipboard API
  area.value = text; document.body.appendChild(area); area.select();
  document.execCommand("copy"); area.remove(); done();
});

// A part of a page that renews itself while something runs: <div data-poll="address">.
const poll = (part) => window.setTimeout(async () => {
  const answer = await fetch(part.dataset.poll, {headers: {"X-Requested-With": "fetch"}});
  if (!answer.ok) return;
  part.innerHTML = await answer.text();
  const next = part.querySelector("[data-poll-again]");
  if (next) poll(part); else if (part.dataset.reload) window.location.reload();
}, 1000);
document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-poll]").forEach(poll));

// A part that is fetched after the page is shown: <div data-load="address">.
document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-load]").forEach(async (part) => {
  const answer = await fetch(part.dataset.load);
  part.innerHTML = await answer.text();
}));

// A field that is picked from what the other system offers: <input data-choices="address">.
document.addEventListener("focusin", async (event) => {
  const input = event.target;
  if (!input.dataset || !input.dataset.choices || input.list) return;
  const list = document.createElement("datalist");
  list.id = `choices-${input.name}`;
  input.after(list);
  input.setAttribute("list", list.id);
  const found = await (await fetch(input.dataset.choices)).json();
  list.replaceChildren(...found.choices.map((choice) => {
    const option = document.createElement("option");
    option.value = choice.name; option.textContent = choice.label;
    return option;
  }));
  input.title = found.problem;
});

// A part that a small form fetches: <form data-part> with an element [data-here]; "now": at once, too. Choosing in it asks again.
document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("form[data-part]").forEach((form) => {
  const ask = async () => {
    const here = form.querySelector("[data-here]");
    const given = new FormData(form);
    here.setAttribute("aria-busy", "true");
    const answer = await fetch(form.action, {method: "POST", body: given});
    here.innerHTML = await answer.text();
    here.removeAttribute("aria-busy");
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  form.addEventListener("change", ask);
  if (form.dataset.part === "now") ask();
}));
