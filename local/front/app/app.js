// Near by -> held -> under way -> invoice: what is shown follows from the rider's newest booking.

import { call, config, finishSignIn, Problem, rider, session, showLicence, signIn, signOut } from "/app/api.js";

const LOOK_MS = 2000;
const main = document.getElementById("main");
const says = document.getElementById("says");
const { minorUnits, code } = config.currency;
const money = (minor) => new Intl.NumberFormat(config.locale, { style: "currency", currency: code })
  .format(minor / 10 ** minorUnits);
const time = (ms) => new Intl.DateTimeFormat(config.locale, { timeZone: config.timeZone, timeStyle: "short" })
  .format(ms);
const number = (value) => new Intl.NumberFormat(config.locale, { maximumFractionDigits: 1 }).format(value);
const distance = (metres) => (metres < 1000 ? `${metres} m` : `${number(metres / 1000)} km`);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const path = (booking) => `/v1/bookings/${booking.bookingId}`;
const say = (...words) => says.replaceChildren(...words);

let followed = null; // the booking that is shown
let busy = false;

function element(name, attributes = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...inside);
  return made;
}

const button = (label, deed, kind) => element("button", {
  class: kind, onclick: (event) => attempt(deed, event.currentTarget),
}, label);
const card = (title, words, ...inside) => element("section", { class: "card" },
  element("div", {}, element("h2", {}, title), ...words.map((text) => element("p", {}, text))), ...inside);

function show(booking, title, ...inside) {
  const heading = element("h1", { tabindex: -1 }, title);
  const first = !main.querySelector("h1");
  followed = booking;
  document.title = `${title} - Blue Horizons`;
  main.replaceChildren(heading, ...inside);
  shut(busy);
  if (!first) heading.focus(); // who cannot see that the page changed is told
}

function shut(how) {
  for (const one of main.querySelectorAll("button")) one.disabled = how;
}

async function attempt(deed, pressed) {
  busy = true;
  say();
  shut(true);
  try {
    await deed();
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return signIn();
    say(...worded(error));
  } finally {
    busy = false;
    shut(false);
    if (pressed?.isConnected && document.activeElement === document.body) pressed.focus();
  }
}

function worded(error) {
  if (error.code === "rider_not_verified") {
    return ["Your licence is not verified yet.", button("Show my licence", async () => {
      await showLicence();
      say("Your licence was seen: you can book a car.");
    })];
  }
  return [error.message.charAt(0).toUpperCase() + error.message.slice(1)];
}

const stages = { HELD: held, ACTIVE: underWay, COMPLETED: invoice, INVOICED: invoice };
const stage = (booking) => (stages[booking.state] ?? nearBy)(booking);

async function home() {
  const { bookings: [newest] } = await call("GET", "/v1/bookings?limit=1");
  if (!newest || newest.state === "INVOICED") return nearBy(newest);
  await stage(newest);
  if (newest.commandId && ["HELD", "ACTIVE"].includes(newest.state)) await answered(newest, newest.commandId);
}

// Whoever changes the booking, the rider, the car, staff or time: the page follows.
async function follow() {
  for (;;) {
    await pause(LOOK_MS);
    const before = followed;
    if (busy || !before) continue;
    const now = await call("GET", path(before)).catch(() => before);
    if (busy || before !== followed || now.state === before.state) continue;
    await attempt(async () => {
      await stage(now);
      if (now.state === "EXPIRED") say(`${now.vehicleId} was not started in time: your hold is over.`);
    });
  }
}

async function nearBy(last) {
  const { stations } = await call("GET", "/v1/stations");
  if (!stations.length) return show(null, "Cars near by", element("p", {}, "This market has no station."));
  const list = element("ul", { "aria-label": "Cars near by" });
  const choice = near(stations, "near");
  choice.addEventListener("change", () => attempt(fill));

  async function fill() {
    sessionStorage.setItem("near", choice.value);
    const at = stations.find((one) => one.stationId === choice.value);
    const { vehicles } = await call("GET", `/v1/vehicles?${new URLSearchParams({
      latitude: at.latitude, longitude: at.longitude, radiusMetres: 5000, limit: 20 })}`);
    list.replaceChildren(...vehicles.map((car) => element("li", {}, card(
      `${car.make} ${car.model}`.trim(),
      [[car.vehicleId, car.distanceMetres === undefined ? "" : `${distance(car.distanceMetres)} away`,
        car.stateOfCharge === undefined ? "" : `${Math.round(car.stateOfCharge)} % charged`,
        car.rangeMetres === undefined ? "" : `${distance(car.rangeMetres)} to go`].filter(Boolean).join(" · ")],
      element("button", { class: "main", "aria-label": `Book ${car.vehicleId}`,
        onclick: (event) => attempt(() => book(car), event.currentTarget) }, "Book")))));
    if (!vehicles.length) list.append(element("li", {}, "No car can be booked within 5 km: choose another place."));
  }

  async function book(car) {
    try {
      await held(await call("POST", "/v1/bookings", { body: { vehicleId: car.vehicleId } }));
    } catch (error) {
      if (error.status === 409) await fill(); // who was refused sees what is left
      throw error;
    }
  }

  const bill = last?.state === "INVOICED" ? [button("My last invoice", () => invoice(last))] : [];
  await fill();
  show(null, "Cars near by", element("label", { for: "near" }, "I am near"), choice, list,
    button("Look again", fill), ...bill);
}

// Of the stations, the one that the rider was near last is chosen.
function near(stations, id, ...before) {
  const choice = element("select", { id }, ...before, ...stations.map((one) =>
    element("option", { value: one.stationId }, `${one.name}, ${one.address}`)));
  choice.value = sessionStorage.getItem("near") ?? "";
  if (choice.selectedIndex < 0) choice.selectedIndex = 0;
  return choice;
}

function held(booking) {
  show(booking, "Your car is held", card(booking.vehicleId, [`Until ${time(booking.holdExpiresAt)}`],
    button("Unlock and start", () => start(booking), "main"),
    button("Give it back", async () => stage(await call("POST", `${path(booking)}/cancel`)))));
}

async function start(booking) {
  try {
    await command(booking, "start");
  } catch (error) {
    if (error.code !== "hold_expired") throw error;
    show(booking, "Your hold is over", card(booking.vehicleId, [
      `It was held until ${time(booking.holdExpiresAt)}. In a minute at most you can book again.`]));
  }
}

async function underWay(booking) {
  const [{ stations }, kinds] = await Promise.all(
    [call("GET", "/v1/stations"), call("GET", "/gbfs/3/vehicle_types.json")]);
  const free = kinds.data.vehicle_types.some((kind) => kind.return_constraint === "hybrid");
  const where = near(stations, "return", ...free ? [element("option", { value: "" }, "Where it stands now")] : []);
  show(booking, "Your trip", card(booking.vehicleId, [`Since ${time(booking.startedAt)}`],
    element("div", { class: "wide" }, element("label", { for: "return" }, "I return it at"), where),
    button("End the trip", async () => {
      await command(booking, "end", where.value && { bay: await freeBay(where.value) });
    }, "main")));
}

async function freeBay(stationId) {
  const { bays } = await call("GET", `/v1/stations/${encodeURIComponent(stationId)}`);
  const free = bays.find((bay) => bay.free);
  if (!free) throw new Error("Every bay there is taken: choose another station");
  return { stationId, bayId: free.bayId };
}

async function command(booking, deed, body) {
  const { commandId } = await call("POST", `${path(booking)}/${deed}`, { body });
  await answered(booking, commandId);
}

async function answered(booking, commandId) {
  for (;;) {
    const told = await call("GET", `/v1/commands/${commandId}`);
    if (told.state === "REFUSED") throw new Error(`The car refused: ${told.reason ?? "it did not say why"}`);
    if (told.state === "EXPIRED") throw new Error("The car did not answer: try again");
    if (told.state !== "SENT") break;
    say(`Waiting for the car to ${told.action} …`);
    await pause(1000);
  }
  say();
  await stage(await call("GET", path(booking)));
}

const KINDS = { unlock: "Unlocking", time: "Driving", minimum: "Up to the minimum", distance: "Distance" };

function amount({ quantity, unit }) {
  if (unit === "metre") return distance(quantity);
  return `${number(quantity)} ${unit}${quantity === 1 ? "" : "s"}`;
}

async function invoice(booking) {
  if (booking.state === "COMPLETED") {
    return show(booking, "Your invoice", element("p", {}, "Thank you. It is being written …"));
  }
  const { invoiceId, vehicleId, startedAt, endedAt, price } = await call("GET", `${path(booking)}/invoice`);
  const row = (words, sum) => element("tr", {}, element("th", { scope: "row" }, words), element("td", {}, money(sum)));
  const lines = price.lines.map((line) => row(`${KINDS[line.kind]}, ${amount(line)} (${line.name})`, line.amount));
  const tax = `${price.taxIncluded ? "with" : "plus"} ${money(price.tax)} ${price.taxName}`;
  show(null, "Your invoice", card(vehicleId, [`${time(startedAt)} to ${time(endedAt)}`],
    element("table", {}, ...lines, row(`To pay, ${tax}`, price.gross)),
    element("p", { class: "wide" }, `Invoice ${invoiceId}`)), button("Find another car", () => nearBy(booking), "main"));
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
  follow();
} else {
  show(null, "Drive electric", element("p", {}, `Cars in ${config.marketName}, by the minute.`),
    button("Sign in or sign up", signIn, "main"));
}
