// Comfort for bulk edit; every page works without this file.
(() => {
  "use strict";

  // Only what is tracked can be on backorder.
  function followTracking(track, keep, allow) {
    const show = () => {
      allow.disabled = !track.checked && !(keep && keep.checked);
      if (allow.disabled) allow.checked = false;
    };
    track.addEventListener("change", () => {
      if (keep) keep.checked = false;
      show();
    });
    if (keep) keep.addEventListener("change", show);
    show();
  }

  // The switch and the list beside it say the same.
  function followList(allow, list, silent) {
    allow.addEventListener("change", () => {
      if (silent.includes(list.value)) list.value = silent[0];
      else list.value = allow.checked ? "allow" : "no";
    });
    list.addEventListener("change", () => {
      if (["allow", "notify"].includes(list.value)) allow.checked = true;
      if (list.value === "no") allow.checked = false;
    });
  }

  // A number counts only while the list beside it says so; typing one says so.
  function followHow(how) {
    const number = document.getElementById(how.dataset.howFor);
    if (!number) return;
    const show = () => { number.disabled = how.value !== "value"; };
    how.addEventListener("change", () => {
      show();
      if (!number.disabled) number.focus();
    });
    show();
  }

  // The arrows up and down go through a column of the grid, as in a spreadsheet.
  function followArrows(sheet) {
    sheet.addEventListener("keydown", (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!step || event.target.tagName !== "INPUT") return;
      const cell = event.target.closest("td");
      const rows = [...sheet.tBodies[0].rows];
      const next = rows[rows.indexOf(cell.parentElement) + step];
      const field = next && next.cells[cell.cellIndex].querySelector("input, select");
      if (!field) return;
      event.preventDefault();
      field.focus();
      if (field.select) field.select();
    });
    sheet.querySelectorAll("tbody tr").forEach((row) => {
      const one = (name) => row.querySelector(`[data-column="${name}"]`);
      const [track, allow, list] = ["track_inventory", "allow_backorders", "backorders"].map(one);
      if (!track) return;
      followTracking(track, null, allow);
      followList(allow, list, []);
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-how-for]").forEach(followHow);
    document.querySelectorAll("table[data-sheet]").forEach(followArrows);
    const byId = (name) => document.getElementById(`bulk_${name}`);
    const [track, keep, allow, list] = [
      "track_inventory", "keep_tracking", "allow_backorders", "backorders",
    ].map(byId);
    if (track && keep && allow && list) {
      followTracking(track, keep, allow);
      followList(allow, list, ["", "keep"]);
    }
    const bad = document.querySelector("[aria-invalid], .bo-bad input");
    if (bad) bad.focus();
  });
})();
