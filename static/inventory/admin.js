// Comfort for the admin's pages; every one of them works without this file.
(() => {
  "use strict";

  // "Use … setting": while the box is ticked, the field shows the wider value and rests.
  function followBox(box) {
    const field = document.getElementById(box.dataset.widerFor);
    const frame = box.closest("[data-wider]");
    if (!field || !frame || box.disabled) return;
    let own = field.value;
    const show = () => {
      if (box.checked) {
        own = field.value;
        field.value = frame.dataset.wider;
        field.disabled = true;
      } else {
        field.disabled = false;
        if (own !== "") field.value = own;
      }
    };
    show();
    box.addEventListener("change", () => {
      show();
      if (!box.checked) field.focus();
    });
  }

  // The switch "Allow backorders" and the list "Backorders" say the same thing.
  function followSwitch() {
    const toggle = document.getElementById("id_allow_backorders");
    const list = document.getElementById("id_backorders");
    if (!toggle || !list) return;
    const before = toggle.checked;
    const inherited = list.value === "inherit" ? before : null;
    toggle.addEventListener("change", () => {
      if (toggle.checked && !["allow", "notify"].includes(list.value)) {
        list.value = inherited === true ? "inherit" : "allow";
      } else if (!toggle.checked) {
        list.value = inherited === false ? "inherit" : "no";
      }
    });
    list.addEventListener("change", () => {
      if (list.value !== "inherit") toggle.checked = list.value !== "no";
    });
  }

  // Scanners press Enter after each code: go to the quantity, then to the next line.
  function followLines(table) {
    const inputs = () => [...table.querySelectorAll("input:not([type=hidden])")];
    table.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
      event.preventDefault();
      const all = inputs();
      const next = all[all.indexOf(event.target) + 1] || addLine(table);
      if (next) next.focus();
    });
  }

  function addLine(table) {
    const prefix = table.dataset.lines;
    const total = document.getElementById(`id_${prefix}-TOTAL_FORMS`);
    const most = Number(document.getElementById(`id_${prefix}-MAX_NUM_FORMS`).value);
    const number = Number(total.value);
    if (number >= most) return null;
    const row = table.tBodies[0].rows[table.tBodies[0].rows.length - 1].cloneNode(true);
    row.classList.remove("bo-bad");
    row.querySelectorAll(".bo-error").forEach((error) => error.remove());
    row.cells[2].textContent = "";
    row.querySelectorAll("input, label").forEach((part) => {
      for (const name of ["id", "name", "for"]) {
        const old = part.getAttribute(name);
        if (old) part.setAttribute(name, old.replace(/-\d+-/, `-${number}-`));
      }
      if (part.tagName === "INPUT") part.value = "";
    });
    table.tBodies[0].append(row);
    total.value = String(number + 1);
    return row.querySelector("input:not([type=hidden])");
  }

  function addLinesHere(button) {
    button.addEventListener("click", (event) => {
      const table = button.form.querySelector("[data-lines]");
      if (!table) return;
      event.preventDefault();
      let first = null;
      for (let n = 0; n < 5; n += 1) first = first || addLine(table);
      if (first) first.focus();
    });
  }

  // One sending is enough; the server keeps a second one from having an effect.
  function sendOnce(form) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "1";
    });
    window.addEventListener("pageshow", () => delete form.dataset.sent);
  }

  function warnUnsaved(form) {
    let touched = false;
    form.addEventListener("input", () => { touched = true; });
    form.addEventListener("submit", () => { touched = false; });
    window.addEventListener("beforeunload", (event) => {
      if (touched) event.preventDefault();
    });
  }

  // The button above a list says how many rows are chosen.
  function followChosen(form) {
    const boxes = [...document.querySelectorAll(`input[type=checkbox][form="${form.id}"]`)];
    const all = form.querySelector("[data-choose-all]");
    const matching = form.querySelector("[data-choose-matching]");
    const show = () => {
      const count = boxes.filter((box) => box.checked).length;
      let words = String(count);
      if (matching && matching.checked) {
        const left = boxes.length - count;
        const number = Number(matching.dataset.chooseMatching) - left;
        words = number > 0 ? number.toLocaleString(document.documentElement.lang) : "0";
        if ("isCapped" in matching.dataset) words += "+";
      }
      form.querySelector("[data-chosen]").textContent = words;
      all.checked = count > 0 && count === boxes.length;
    };
    form.querySelector("[data-choose-all-row]").hidden = false;
    const tick = (box) => () => {
      boxes.forEach((one) => { one.checked = box.checked; });
      if (matching && !box.checked) matching.checked = false;
      show();
    };
    all.addEventListener("change", tick(all));
    if (matching) matching.addEventListener("change", tick(matching));
    boxes.forEach((box) => box.addEventListener("change", show));
    show();
  }

  // The theme opens some menus by clicks on elements that a keyboard cannot reach.
  function reachByKeyboard(element) {
    element.tabIndex = 0;
    element.setAttribute("role", "button");
    if (!element.textContent.trim() || element.querySelector(".material-symbols-outlined")) {
      const icon = element.textContent.trim();
      if (icon === "dock_to_right") element.setAttribute("aria-label", "Menu");
    }
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        element.click();
      }
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-wider-for]").forEach(followBox);
    document.querySelectorAll("[data-lines]").forEach(followLines);
    document.querySelectorAll("[data-add-lines]").forEach(addLinesHere);
    document.querySelectorAll("form[data-once]").forEach(sendOnce);
    document.querySelectorAll("form[data-warn]").forEach(warnUnsaved);
    document.querySelectorAll("a:not([href]), span, div").forEach((element) => {
      if (element.hasAttribute("x-on:click")) reachByKeyboard(element);
    });
    document.querySelectorAll("[data-close-details]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => {
        const details = button.closest("details");
        details.open = false;
        details.querySelector("summary").focus();
      });
    });
    document.querySelectorAll("form.bo-chosen").forEach(followChosen);
    followSwitch();
    const open = () => {
      const target = location.hash && document.getElementById(location.hash.slice(1));
      if (target && target.tagName === "DETAILS") target.open = true;
    };
    open();
    window.addEventListener("hashchange", open);
    const first = document.querySelector("[data-lines] input[data-code]");
    if (first && !document.querySelector(".bo-error") && !first.value) first.focus();
  });
})();
