// Follows running jobs; without this file a page shows how far they are when it is loaded again.
(() => {
  "use strict";

  const PAUSE = 1500;

  async function look(place) {
    const answer = await fetch(place.dataset.job, {
      headers: { Accept: "application/json" },
      credentials: "same-origin",
    });
    if (!answer.ok) return;
    const job = await answer.json();
    if (!job.running) {
      window.location.reload();
      return;
    }
    const words = place.matches("[data-job-words]") ? place : place.querySelector("[data-job-words]");
    if (words && words.textContent !== job.words) words.textContent = job.words;
    const bar = place.querySelector("progress");
    if (bar && job.total) {
      bar.max = job.total;
      bar.value = job.done;
    }
  }

  async function follow(places) {
    for (const place of places) {
      try {
        await look(place);
      } catch {
        // The network is gone for a moment: the next look tells.
      }
    }
    setTimeout(() => follow(places), PAUSE);
  }

  document.addEventListener("DOMContentLoaded", () => {
    const places = [...document.querySelectorAll("[data-job]")];
    if (places.length) setTimeout(() => follow(places), PAUSE);
  });
})();
