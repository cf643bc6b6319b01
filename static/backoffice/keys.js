// Keys of the admin. The pages they lead to, and their names, are in templates/backoffice/_keys.html.
(() => {
  "use strict";

  const SECOND_KEY = 1500; // milliseconds
  let isWaiting = false;
  let timer;

  const list = () => document.querySelector("[data-keys]");

  function isTyping(element) {
    return element.closest("input, textarea, select, [contenteditable]") !== null;
  }

  function search() {
    const box = document.querySelector("[data-find] input");
    const onPage = document.getElementById("bo-find-here");
    const field = [onPage, box].find((one) => one && one.checkVisibility());
    if (!field || field.getBoundingClientRect().right <= 0) {
      location.assign(list().dataset.search);
      return;
    }
    field.focus();
    field.select();
  }

  function go(key) {
    const link = list().querySelector(`[data-go="${CSS.escape(key)}"]`);
    if (link) location.assign(link.href);
    return link !== null;
  }

  const KEYS = {
    "/": () => search(),
    "?": () => list().showModal(),
    f: () => {
      const field = document.getElementById("searchbar");
      if (field) field.focus();
    },
    g: () => {
      isWaiting = true;
      timer = setTimeout(() => { isWaiting = false; }, SECOND_KEY);
    },
  };

  function press(event) {
    if (!list()) return;
    if (event.key === "Escape" && event.target.closest("[data-find]")) {
      event.target.blur();
      return;
    }
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!isPlain) {
      if (event.key.toLowerCase() !== "k" || event.altKey || event.shiftKey) return;
      stop(event);
      search();
      return;
    }
    if (event.isComposing || event.repeat || list().open || isTyping(event.target)) return;
    if (isWaiting) {
      clearTimeout(timer);
      isWaiting = false;
      if (go(event.key)) stop(event);
      return;
    }
    if (!Object.hasOwn(KEYS, event.key)) return;
    stop(event);
    KEYS[event.key]();
  }

  // The theme listens for some of these keys too: one of us is enough.
  function stop(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  // A browser leaves `autofocus` alone when keys were pressed while the page came.
  function begin() {
    const field = document.querySelector("#bo-find-here[autofocus]");
    if (field && document.activeElement === document.body) field.focus();
  }

  window.addEventListener("keydown", press, { capture: true });
  window.addEventListener("load", begin);
})();
