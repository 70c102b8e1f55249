// Near by -> held -> under way -> invoice: what is shown follows from the rider's newest booking.

import { call, config, finishSignIn, Problem, rider, session, signIn, signOut } from "/app/api.js";

const main = document.getElementById("main");
const says = document.getElementById("says");
const { minorUnits, code } = config.currency;
const money = (minor) => new Intl.NumberFormat(config.locale, { style: "currency", currency: code })
  .format(minor / 10 ** minorUnits);
const time = (ms) => new Intl.DateTimeFormat(config.locale, { timeZone: config.timeZone, timeStyle: "short" })
  .format(ms);
const distance = (metres) => (metres < 1000 ? `${metres} m` : `${(metres / 1000).toFixed(1)} km`);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function element(name, attributes = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...inside);
  return made;
}

const button = (label, deed, main_ = false) => element("button", {
  class: main_ ? "main" : undefined, onclick: (event) => attempt(deed, event.currentTarget),
}, label);
const card = (title, words, ...actions) => element("section", { class: "card" },
  element("div", {}, element("h2", {}, title), ...words.map((text) => element("p", {}, text))), ...actions);

function show(title, ...inside) {
  main.replaceChildren(element("h1", {}, title), ...inside);
}

function worded(error) {
  if (error instanceof Problem && error.code === "rider_not_verified") {
    const link = element("a", { href: config.backoffice, target: "_blank", rel: "noopener" }, "the back office");
    return ["Your licence is not verified yet. Staff do that: open ", link, ", Riders, as jonas.weber. Your id: ",
      rider().sub];
  }
  return [error.message];
}

async function attempt(deed, pressed) {
  says.replaceChildren();
  if (pressed) pressed.disabled = true;
  try {
    await deed();
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return signIn();
    says.replaceChildren(...worded(error));
  } finally {
    if (pressed) pressed.disabled = false;
  }
}

async function home() {
  const { bookings } = await call("GET", "/v1/bookings?limit=1");
  const newest = bookings[0];
  if (newest?.state === "HELD") return held(newest);
  if (newest?.state === "ACTIVE") return underWay(newest);
  if (newest?.state === "COMPLETED") return invoice(newest);
  return nearBy(newest);
}

async function nearBy(last) {
  const { stations } = await call("GET", "/v1/stations");
  if (!stations.length) return show("Cars near by", element("p", {}, "This market has no station."));
  const list = element("ul", { "aria-label": "Cars near by" });
  const choice = element("select", { id: "near", onchange: () => attempt(fill) }, ...stations.map((one) =>
    element("option", { value: one.stationId }, `${one.name}, ${one.address}`)));
  choice.value = sessionStorage.getItem("near") ?? stations[0].stationId;
  if (choice.selectedIndex < 0) choice.selectedIndex = 0;

  async function fill() {
    sessionStorage.setItem("near", choice.value);
    const at = stations.find((one) => one.stationId === choice.value);
    const { vehicles } = await call("GET", `/v1/vehicles?${new URLSearchParams({
      latitude: at.latitude, longitude: at.longitude, radiusMetres: 5000, limit: 20 })}`);
    list.replaceChildren(...vehicles.map((car) => element("li", {}, card(
      `${car.make} ${car.model}`.trim() || car.vehicleId,
      [[car.vehicleId, car.distanceMetres === undefined ? "" : `${distance(car.distanceMetres)} away`,
        car.stateOfCharge === undefined ? "" : `${Math.round(car.stateOfCharge)} % charged`,
        car.rangeMetres === undefined ? "" : `${distance(car.rangeMetres)} to go`].filter(Boolean).join(" · ")],
      button("Book", () => book(car), true)))));
    if (!vehicles.length) list.append(element("li", {}, "No car can be booked within 5 km: choose another place."));
  }

  const bill = last?.state === "INVOICED" ? [button("My last invoice", () => invoice(last))] : [];
  show("Cars near by", element("label", { for: "near" }, "I am near"), choice, list, ...bill);
  await fill();
}

async function book(car) {
  await call("POST", "/v1/bookings", { body: { vehicleId: car.vehicleId } }).then(held);
  main.focus();
}

function held(booking) {
  show("Your car is held", card(booking.vehicleId, [`Until ${time(booking.holdExpiresAt)}`],
    button("Unlock and start", () => command(booking, "start", "Waiting for the car to unlock"), true),
    button("Give it back", async () => {
      await call("POST", `/v1/bookings/${booking.bookingId}/cancel`);
      await nearBy();
    })));
}

async function underWay(booking) {
  const [{ stations }] = await Promise.all([call("GET", "/v1/stations")]);
  const where = element("select", { id: "return" }, element("option", { value: "" }, "Where it stands now"),
    ...stations.map((one) => element("option", { value: one.stationId }, one.name)));
  show("Your trip", card(booking.vehicleId, [`Since ${time(booking.startedAt)}`],
    button("End the trip", async () => {
      const bay = where.value ? await freeBay(where.value) : undefined;
      await command(booking, "end", "Waiting for the car to lock", bay && { bay });
    }, true)), element("label", { for: "return" }, "I return it at"), where);
}

async function freeBay(stationId) {
  const { bays } = await call("GET", `/v1/stations/${encodeURIComponent(stationId)}`);
  const free = bays.find((bay) => bay.free);
  if (!free) throw new Error("Every bay there is taken: choose another station");
  return { stationId, bayId: free.bayId };
}

async function command(booking, deed, words, body) {
  const path = `/v1/bookings/${booking.bookingId}`;
  let told = await call("POST", `${path}/${deed}`, { body });
  says.replaceChildren(`${words} …`);
  while (told.state === "SENT") {
    await pause(1000);
    told = await call("GET", `/v1/commands/${told.commandId}`);
  }
  says.replaceChildren();
  if (told.state === "REFUSED") throw new Error(`The car refused: ${told.reason ?? "it did not say why"}`);
  if (told.state === "EXPIRED") throw new Error("The car did not answer: try again");
  const now = await call("GET", path);
  await (deed === "start" ? underWay(now) : invoice(now));
  main.focus();
}

async function invoice(booking) {
  show("Your invoice", element("p", {}, "It is being written …"));
  const bill = await issued(booking);
  const lines = bill.price.lines.map((line) => element("tr", {}, element("td", {}, `${line.name} (${line.quantity} ${line.unit})`),
    element("td", {}, money(line.amount))));
  show("Your invoice", card(bill.invoiceId, [`${bill.vehicleId}, ${time(bill.startedAt)} to ${time(bill.endedAt)}`],
    element("table", {}, ...lines, element("tr", {}, element("td", {}, 
      `To pay, ${bill.price.taxName} ${bill.price.taxIncluded ? "included" : "added"}: ${money(bill.price.tax)}`),
      element("td", {}, money(bill.price.gross))))), button("Find another car", () => nearBy(), true));
}

async function issued(booking) {
  for (;;) {
    try {
      return await call("GET", `/v1/bookings/${booking.bookingId}/invoice`);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "invoice_not_found") throw error;
      await pause(1000);
    }
  }
}

const out = document.getElementById("sign-out");
out.addEventListener("click", () => signOut());
await attempt(async () => {
  if (location.pathname === "/app/signed-in") await finishSignIn();
});
if (session()) {
  document.getElementById("who").textContent = rider().email;
  out.hidden = false;
  await attempt(home);
} else {
  show("Drive electric", element("p", {}, `Cars in ${config.marketName}, by the minute.`),
    button("Sign in or sign up", signIn, true));
}
