// A storefront of one's own, as small as it can be: what is sold, a cart, a quote, an order.
// It has no library and no build. docs/build-a-storefront.md explains it step by step.

const shop = { address: "", token: "", channel: "" };
const cart = new Map(); // SKU → quantity
let quoted = null; // the last answer of /quotes
let key = null; // one Idempotency-Key for one order, however often it is sent

// --- the API --------------------------------------------------------------------------------

async function ask(method, path, body, headers = {}) {
  const response = await fetch(`${shop.address}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${shop.token}`, "Content-Type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) {
    // Every refusal has the same form: a title, and one sentence for each thing that is wrong.
    throw new Error([answer.title, ...answer.errors.map((error) => error.message)].join(" "));
  }
  return answer;
}

async function published() {
  const rows = [];
  let cursor = null;
  do {
    const page = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    const channel = encodeURIComponent(shop.channel);
    const answer = await ask("GET", `/channels/${channel}/listings?limit=200${page}`);
    rows.push(...answer.results.filter((row) => row.published_at !== null));
    cursor = answer.next;
  } while (cursor);
  return rows;
}

async function availability(skus) {
  const found = new Map();
  for (let start = 0; start < skus.length; start += 50) {
    const query = new URLSearchParams({ channel: shop.channel });
    skus.slice(start, start + 50).forEach((sku) => query.append("sku", sku));
    const answer = await ask("GET", `/availability?${query}`);
    answer.results.forEach((row) => found.set(row.sku, row));
  }
  return found;
}

// --- what is shown ----------------------------------------------------------------------------

const STATES = {
  in_stock: "In stock",
  on_backorder: "On backorder",
  pre_order: "Pre-order",
  out_of_stock: "Out of stock",
};

const element = (id) => document.getElementById(id);

function say(text) {
  element("message").textContent = text;
}

function row(...cells) {
  const line = document.createElement("tr");
  for (const cell of cells) {
    line.insertCell().append(cell); // text stays text: nothing of it is read as HTML
  }
  return line;
}

function button(text, act) {
  const made = document.createElement("button");
  made.textContent = text;
  made.addEventListener("click", () => act().catch((error) => say(error.message)));
  return made;
}

function labelOf(offer) {
  const left = offer.only_x_left === null ? "" : `, only ${offer.only_x_left} left`;
  const day = offer.expected_at && offer.available === 0 ? `, expected ${offer.expected_at}` : "";
  return STATES[offer.state] + left + day;
}

async function showProducts() {
  const listings = await published();
  const offers = await availability(listings.map((listing) => listing.sku));
  element("products").replaceChildren(
    ...listings.map((listing) => {
      const offer = offers.get(listing.sku);
      const add = button("Add", () => put(listing.sku, (cart.get(listing.sku) ?? 0) + 1));
      add.disabled = offer.salable === 0;
      return row(listing.title, listing.published_price, labelOf(offer), add);
    }),
  );
}

async function put(sku, quantity) {
  if (quantity > 0) {
    cart.set(sku, quantity);
  } else {
    cart.delete(sku);
  }
  key = null; // another cart is another order
  await showCart();
}

async function showCart() {
  quoted = null;
  const lines = [...cart].map(([sku, quantity]) => ({ sku, quantity }));
  const ship_together = element("together").checked;
  if (lines.length) {
    quoted = await ask("POST", "/quotes", { channel: shop.channel, ship_together, lines });
  }
  element("cart").replaceChildren(...(quoted?.lines ?? []).map(cartRow));
  element("total").textContent = quoted ? `${quoted.total} ${quoted.currency}` : "–";
}

function cartRow(line) {
  const quantity = document.createElement("input");
  Object.assign(quantity, { type: "number", min: 0, value: line.quantity });
  quantity.setAttribute("aria-label", `Quantity of ${line.title}`);
  quantity.addEventListener("change", () => {
    put(line.sku, Math.trunc(Number(quantity.value))).catch((error) => say(error.message));
  });
  const words = document.createElement("span");
  words.className = line.rule ? "refused" : "";
  words.textContent = [line.words, ...line.later.map((part) => part.words), line.notice]
    .filter(Boolean)
    .join(". ");
  return row(line.title, quantity, words, line.amount);
}

// --- the order --------------------------------------------------------------------------------

async function order(customer) {
  if (!quoted?.is_salable) {
    throw new Error("The cart is empty, or something in it cannot be sold so often.");
  }
  key ??= crypto.randomUUID(); // sent again after a broken connection, it is still one order
  const lines = quoted.lines.map(({ sku, quantity, unit_price }) => ({ sku, quantity, unit_price }));
  const { ship_together } = quoted; // the days that were shown are those of this way
  const body = { channel: shop.channel, customer, ship_together, lines };
  const placed = await ask("POST", "/orders", body, { "Idempotency-Key": key });
  cart.clear();
  key = null;
  await showCart();
  await showProducts();
  say(`Thank you. Your order is number ${placed.number}.`);
}

function onSubmit(id, act) {
  element(id).addEventListener("submit", (event) => {
    event.preventDefault();
    say("");
    act(Object.fromEntries(new FormData(event.target))).catch((error) => say(error.message));
  });
}

element("together").addEventListener("change", () => {
  key = null; // shipped another way it is another order
  showCart().catch((error) => say(error.message));
});

onSubmit("connect", async (typed) => {
  Object.assign(shop, typed, { address: typed.address.replace(/\/$/, "") });
  await showProducts();
  element("shop").hidden = false;
});

onSubmit("order", (typed) => order({ name: typed.name, email: typed.email }));
