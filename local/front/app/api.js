// The login (code flow with PKCE) and the rider API. Tokens live as long as the tab.

const KEPT = "session";
const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const callback = () => `${location.origin}/app/signed-in`;

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `The answer was ${status}`);
    this.status = status;
    this.code = body.code || "";
  }
}

export const config = await (await fetch("/app/config.json")).json();

export const session = () => JSON.parse(sessionStorage.getItem(KEPT) || "null");

export function rider() {
  const part = session()?.id_token.split(".")[1];
  if (!part) return null;
  const bytes = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

export async function signIn() {
  const verifier = random() + random();
  const state = random();
  sessionStorage.setItem("asked", JSON.stringify({ verifier, state }));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  location.assign(`/oauth2/authorize?${new URLSearchParams({
    client_id: config.clientId, response_type: "code", redirect_uri: callback(), state,
    scope: config.scopes.join(" "), code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
  })}`);
}

export async function finishSignIn() {
  const told = new URLSearchParams(location.search);
  const asked = JSON.parse(sessionStorage.getItem("asked") || "{}");
  sessionStorage.removeItem("asked");
  history.replaceState(null, "", "/app");
  if (!asked.state || told.get("state") !== asked.state) throw new Error("This sign-in was not begun here");
  if (told.get("error")) throw new Error(`The sign-in failed: ${told.get("error")}`);
  await tokens({
    grant_type: "authorization_code", code: told.get("code"), redirect_uri: callback(),
    code_verifier: asked.verifier,
  });
}

export function signOut() {
  const refresh = session()?.refresh_token;
  sessionStorage.removeItem(KEPT);
  const gone = refresh
    ? fetch("/oauth2/revoke", { method: "POST", body: new URLSearchParams({ token: refresh }) })
    : Promise.resolve();
  return gone.finally(() => location.assign(`/logout?${new URLSearchParams({
    client_id: config.clientId, logout_uri: `${location.origin}/app`,
  })}`));
}

async function tokens(form) {
  const body = new URLSearchParams({ client_id: config.clientId, ...form });
  const answer = await fetch("/oauth2/token", { method: "POST", body });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error_description || told.error);
  sessionStorage.setItem(KEPT, JSON.stringify({ ...session(), ...told }));
}

export const showLicence = () => call("POST", "/licence", { under: "/app" });

// `key`: the same for the same deed, so that trying again does nothing twice.
export async function call(method, path, { body, key, under = "/app/api", again = true } = {}) {
  const headers = { Authorization: `Bearer ${session()?.access_token}` };
  if (body) headers["Content-Type"] = "application/json";
  if (method === "POST") headers["Idempotency-Key"] = key ?? crypto.randomUUID();
  const answer = await fetch(`${under}${path}`, { method, headers, body: body && JSON.stringify(body) });
  if (answer.status === 401 && again && session()?.refresh_token) {
    try {
      await tokens({ grant_type: "refresh_token", refresh_token: session().refresh_token });
    } catch (error) {
      throw new Problem(401, { detail: error.message }); // the page asks to sign in again
    }
    return call(method, path, { body, key: headers["Idempotency-Key"], under, again: false });
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer.status, told);
  return told;
}
