// Asks for the answer while the shopper types; without this script the button does.
const form = document.querySelector("[data-quantity]");
const field = form.elements.quantity;
const answer = document.getElementById("answer");
let timer;
let asking = new AbortController();

async function ask() {
  asking.abort();
  asking = new AbortController();
  const query = new URLSearchParams({
    variant: form.elements.variant.value,
    quantity: field.value,
    fragment: "answer",
  });
  const response = await fetch(`${location.pathname}?${query}`, { signal: asking.signal });
  if (!response.ok) throw new Error(String(response.status));
  answer.innerHTML = await response.text();
  field.toggleAttribute("aria-invalid", false);
  if (answer.querySelector("[data-refused]")) field.setAttribute("aria-invalid", "true");
}

function askOr(otherwise) {
  ask().catch((error) => error.name === "AbortError" || otherwise());
}

function askSoon() {
  clearTimeout(timer);
  timer = setTimeout(askOr, 250, () => answer.replaceChildren());
}

field.addEventListener("input", askSoon);
form.addEventListener("submit", (event) => {
  if (event.submitter?.name !== "check") return;
  event.preventDefault();
  clearTimeout(timer);
  askOr(() => answer.replaceChildren());
});
for (const button of form.querySelectorAll("[data-step]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const units = /^[0-9]{1,10}$/.test(field.value) ? Number(field.value) : 0;
    field.value = Math.min(Math.max(units + Number(button.dataset.step), 1), Number(field.dataset.most));
    askSoon();
  });
}
