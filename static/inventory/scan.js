// Receiving with a scanner: one field takes a code and Enter, again and again. Without this file
// the page is typed into, line by line.
(() => {
  "use strict";

  document.addEventListener("DOMContentLoaded", () => {
    const frame = document.querySelector("[data-scan]");
    const table = document.querySelector("[data-lines]");
    if (!frame || !table) return;
    const field = frame.querySelector("input");
    const bad = frame.querySelector("[data-scan-error]");
    const good = frame.querySelector("[data-scan-done]");
    const book = field.form.querySelector("[data-book]");
    const more = field.form.querySelector("[data-add-lines]");

    const rows = () => [...table.tBodies[0].rows].map((row) => ({
      row,
      code: row.querySelector("[data-code]"),
      quantity: row.querySelector("input[type=number]"),
    }));
    const say = (place, text) => {
      bad.hidden = good.hidden = true;
      place.textContent = text;
      place.hidden = false;
    };
    const focus = () => field.focus({ preventScroll: true });

    // The line that has this variant, else one that is empty, else a new one.
    function lineFor(code, found) {
      const same = [code, found.sku, found.ean].filter(Boolean);
      const free = () => rows().find((one) => !one.code.value && !one.quantity.value);
      const known = rows().find((one) => same.includes(one.code.value.trim()));
      if (known || free()) return known || free();
      more.click();
      return free();
    }

    function add(code, found) {
      const line = lineFor(code, found);
      if (!line) return say(bad, frame.dataset.full);
      line.code.value = line.code.value || found.sku || code;
      line.quantity.value = String((Number(line.quantity.value) || 0) + 1);
      if (found.title) line.row.cells[2].textContent = found.title;
      line.row.classList.remove("bo-bad");
      table.querySelectorAll(".bo-hit").forEach((row) => row.classList.remove("bo-hit"));
      line.row.classList.add("bo-hit");
      const words = `${found.sku || code}: ${frame.dataset.added} ${line.quantity.value}`;
      return say(good, found.sku ? words : `${words} · ${code} ${frame.dataset.unchecked}`);
    }

    async function look(code) {
      let answer = null;
      try {
        const address = `${frame.dataset.scan}?code=${encodeURIComponent(code)}`;
        const response = await fetch(address, { headers: { Accept: "application/json" } });
        answer = await response.json();
      } catch {
        answer = {}; // no network, or signed out: the server checks the code when it is booked
      }
      if (answer.error) say(bad, answer.error);
      else add(code, answer);
      focus();
    }

    // A scanner may be faster than the network: codes are looked up one after the other.
    let queue = Promise.resolve();
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const code = field.value.trim();
      field.value = "";
      if (!code) book.focus();
      else queue = queue.then(() => look(code));
    });

    // Enter after a quantity leads back to the scanner's field, not to the next line.
    table.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      focus();
    }, true);

    // Whatever is scanned while nothing is being typed into goes into the field.
    document.addEventListener("keydown", (event) => {
      const rests = !event.target.closest("input, select, textarea, button, a, summary");
      if (rests && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
        field.focus();
      }
    });

    frame.hidden = false;
    focus();
    window.addEventListener("focus", () => {
      if (document.activeElement === document.body) focus();
    });
  });
})();
