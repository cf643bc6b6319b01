// Comfort for the pages of sales channels; every one of them works without this file.
(() => {
  "use strict";

  // A prerequisite shows at once whether the list beside it meets it.
  function followNeed(row) {
    const list = document.getElementById(row.dataset.needs);
    if (!list) return;
    const values = row.dataset.values.split(" ");
    const show = () => {
      const isMet = values.includes(list.value);
      row.classList.toggle("ch-met", isMet);
      row.classList.toggle("ch-unmet", !isMet);
      row.querySelector("[data-met]").hidden = !isMet;
      row.querySelector("[data-unmet]").hidden = isMet;
    };
    list.addEventListener("change", show);
    show();
  }

  // The pop-up of an item: the page came with it, or it is fetched when its SKU is clicked.
  function openDialog(dialog) {
    if (dialog.open) dialog.removeAttribute("open");
    dialog.showModal();
    const stop = (event) => {
      event.preventDefault();
      dialog.close();
    };
    dialog.querySelectorAll("[data-close]").forEach((link) => link.addEventListener("click", stop));
    dialog.querySelectorAll("form[data-once]").forEach((form) => {
      form.addEventListener("submit", (event) => {
        if (form.dataset.sending) event.preventDefault();
        form.dataset.sending = "1";
      });
    });
    dialog.addEventListener("close", () => {
      history.replaceState(null, "", dialog.dataset.behind);
      const link = document.getElementById(dialog.dataset.item);
      dialog.remove();
      if (link) link.focus();
    });
    const first = dialog.querySelector("input:not([type=hidden]):not(:disabled)");
    (first || dialog.querySelector("h2")).focus();
  }

  async function fetchDialog(link) {
    const answer = await fetch(link.href, { headers: { "X-Pop-Up": "1" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const dialog = page.querySelector("dialog.ch-dialog");
    if (!answer.ok || !dialog) throw new Error("no pop-up");
    document.querySelector(".bo-page").append(document.adoptNode(dialog));
    history.replaceState(null, "", link.href);
    openDialog(dialog);
  }

  function popUp(link) {
    link.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      if (document.querySelector("dialog.ch-dialog") || link.dataset.opening) return;
      link.dataset.opening = "1";
      fetchDialog(link)
        .catch(() => { location.href = link.href; })
        .finally(() => delete link.dataset.opening);
    });
  }

  // Unticking a row means to leave it out.
  function followTicks(form) {
    const all = form.querySelector("#mode-all");
    const but = form.querySelector("#mode-but");
    if (!all || !but) return;
    form.addEventListener("change", (event) => {
      if (event.target.name === "item" && !event.target.checked && all.checked) but.checked = true;
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-needs]").forEach(followNeed);
    document.querySelectorAll("[data-open]").forEach(popUp);
    document.querySelectorAll("form[data-bulk]").forEach(followTicks);
    const dialog = document.querySelector("dialog.ch-dialog");
    if (dialog) {
      openDialog(dialog);
    } else if (location.hash.startsWith("#item-")) {
      const link = document.getElementById(location.hash.slice(1));
      if (link) link.focus();
    }
  });
})();
