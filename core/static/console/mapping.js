// The mapping editor: fields of both systems as suggestions while typing, automatic mapping, preview.
document.addEventListener("DOMContentLoaded", () => {
  const editor = document.getElementById("mapping");
  const state = document.getElementById("mapping-state");
  if (!editor || !state) return;
  const form = editor.closest("form");
  let next = form.querySelectorAll("[name$=-section]").length + 1000;
  let required = [];

  const sectionOf = (name) => [...editor.querySelectorAll("[data-section]")].find((s) => s.dataset.section === name);

  const addRow = (section) => {
    const html = section.querySelector("template").innerHTML.replaceAll("NUMBER", next++);
    section.querySelector("tbody").insertAdjacentHTML("beforeend", html);
    return section.querySelector("tbody").lastElementChild;
  };

  const field = (row, name) => row.querySelector(`[name$="-${name}"]`);

  const checkRequired = () => {
    const have = new Set([...editor.querySelectorAll(".console-mapping tbody tr")].map(
      (row) => `${field(row, "section").value}\n${field(row, "target").value.trim()}`));
    // A target may be written by its name or, where the form's titles are unique, by its title.
    const missing = required.filter((entry) => ![entry.name, entry.label].some(
      (target) => target && have.has(`${entry.section}\n${target}`)));
    document.getElementById("mapping-missing").textContent = missing.length
      ? `${editor.dataset.wordsMissing} ${missing.map((entry) => entry.label || entry.name).join(", ")}` : "";
  };

  const fill = (list, fields) => {
    list.replaceChildren(...fields.map((info) => {
      const option = document.createElement("option");
      option.value = info.name;
      option.textContent = [info.label, info.type, info.each, info.required ? "*" : ""].filter(Boolean).join(" · ");
      return option;
    }));
  };

  const load = async () => {
    const answer = await fetch(editor.dataset.fields);
    const found = await answer.json();
    state.textContent = found.problems.join(" ");
    required = [];
    for (const [name, sides] of Object.entries(found.sections)) {
      const section = sectionOf(name);
      if (!section) continue;
      fill(section.querySelector(`[id="sources-${name}"]`), sides.sources);
      fill(section.querySelector(`[id="targets-${name}"]`), sides.targets);
      required.push(...sides.targets.filter((info) => info.required).map((info) => ({section: name, ...info})));
    }
    checkRequired();
  };

  const suggest = async () => {
    state.textContent = "…";
    const answer = await fetch(editor.dataset.suggest, {method: "POST", body: new FormData(form)});
    const found = await answer.json();
    for (const proposal of found.suggestions) {
      const section = sectionOf(proposal.section);
      if (!section) continue;
      const row = addRow(section);
      row.classList.add("suggested");
      field(row, "source").value = proposal.source;
      field(row, "target").value = proposal.target;
      field(row, "transform").value = proposal.transform.split(":")[0];
      field(row, "required").checked = proposal.required;
      row.querySelector(".result").textContent = `${Math.round(proposal.confidence * 100)} % · ${proposal.reason}`;
    }
    state.textContent = found.problems.join(" ") || (found.suggestions.length ? "" : editor.dataset.wordsNone);
    checkRequired();
  };

  const preview = async () => {
    const part = document.getElementById("mapping-preview");
    part.hidden = false;
    const answer = await fetch(editor.dataset.preview, {method: "POST", body: new FormData(form)});
    part.innerHTML = await answer.text();
    part.scrollIntoView({behavior: "smooth", block: "nearest"});
  };

  editor.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-do]");
    if (!button) return;
    if (button.dataset.do === "suggest") suggest();
    if (button.dataset.do === "preview") preview();
    if (button.dataset.do === "add") field(addRow(button.closest("[data-section]")), "source").focus();
    if (button.dataset.do === "remove") { button.closest("tr").remove(); checkRequired(); }
  });
  editor.addEventListener("change", (event) => {
    if (event.target.dataset.do === "sample") preview(); else checkRequired();
  });
  load();
});
