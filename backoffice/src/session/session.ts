/**
 * Who is signed in: OIDC code flow with PKCE. Tokens are kept in memory only, so a reload signs in anew,
 * which the login's own session makes a matter of two redirects.
 */
import {
  ErrorResponse,
  InMemoryWebStorage,
  UserManager,
  WebStorageStateStore,
  type User,
} from "oidc-client-ts";

import type { LoginConfig } from "../config";

export const SIGNED_IN_PATH = "/signed-in";
export const SIGNED_OUT_PATH = "/signed-out";
/** Seconds before its end from which a token is renewed. */
const RENEW_BEFORE = 60;

/** The login has to be asked anew; the page is on its way there. */
export class SignInNeeded extends Error {
  override readonly name = "SignInNeeded";
}

export class Session {
  private readonly manager: UserManager;
  private readonly login: LoginConfig;
  private user: User | null = null;
  private renewing: Promise<User> | null = null;
  private leaving = false;

  constructor(login: LoginConfig, origin: string) {
    this.login = login;
    this.manager = new UserManager({
      authority: login.issuer,
      // Amazon Cognito's own paths: discovery would be one more round trip, to one more host.
      metadata: {
        issuer: login.issuer,
        authorization_endpoint: `${login.url}/oauth2/authorize`,
        token_endpoint: `${login.url}/oauth2/token`,
        revocation_endpoint: `${login.url}/oauth2/revoke`,
      },
      client_id: login.clientId,
      redirect_uri: `${origin}${SIGNED_IN_PATH}`,
      scope: login.scopes.join(" "),
      response_type: "code",
      automaticSilentRenew: false,
      userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
      // Only what PKCE needs while the page is away at the login.
      stateStore: new WebStorageStateStore({ store: sessionStorage }),
    });
  }

  /** Takes what the login answered; gives the path to go on at. Raises ErrorResponse when it refused. */
  async finishSignIn(): Promise<string> {
    let user: User | undefined;
    try {
      user = await this.manager.signinCallback();
    } catch (error) {
      if (error instanceof ErrorResponse) throw error;
      // An old link, or another tab's answer: there is nothing to go on with, so begin again.
      return this.signIn("/");
    }
    this.user = user ?? null;
    await this.manager.clearStaleState();
    return ownPath(user?.state);
  }

  get signedIn(): boolean {
    return this.user !== null;
  }

  /** How whoever is signed in is called, if the login knows. */
  get displayName(): string | undefined {
    return this.user?.profile.name;
  }

  /** Leaves for the login, to come back to `returnTo`. Never returns a value. */
  async signIn(returnTo: string): Promise<never> {
    if (!this.leaving) {
      this.leaving = true;
      try {
        await this.manager.signinRedirect({ state: { returnTo } });
      } catch (error) {
        this.leaving = false;
        throw error;
      }
    }
    throw new SignInNeeded("on the way to the login");
  }

  /** As `signIn`, to come back to this very page. */
  signInAgain(): Promise<never> {
    return this.signIn(currentPath());
  }

  async signOut(): Promise<void> {
    this.leaving = true;
    await this.manager.revokeTokens(["refresh_token"]).catch(() => undefined); // it ends by itself, later
    await this.manager.removeUser();
    this.user = null;
    const asked = new URLSearchParams({
      client_id: this.login.clientId,
      logout_uri: `${location.origin}${SIGNED_OUT_PATH}`,
    });
    location.assign(`${this.login.url}/logout?${asked}`);
  }

  /** An access token that is good for a while. Raises SignInNeeded, or TypeError when the login is down. */
  async accessToken(): Promise<string> {
    if (this.user === null) return this.signInAgain();
    if ((this.user.expires_in ?? 0) < RENEW_BEFORE) return this.renew(this.user.access_token);
    return this.user.access_token;
  }

  /** Another token than `refused`, by the refresh token. Raises like `accessToken`. */
  async renew(refused: string): Promise<string> {
    if (this.user !== null && this.user.access_token !== refused) return this.user.access_token;
    if (this.user?.refresh_token === undefined) return this.signInAgain();
    this.renewing ??= this.refresh().finally(() => (this.renewing = null));
    try {
      return (await this.renewing).access_token;
    } catch (error) {
      if (error instanceof ErrorResponse) return this.signInAgain();
      throw error;
    }
  }

  private async refresh(): Promise<User> {
    const user = await this.manager.signinSilent();
    if (user === null) throw new SignInNeeded("the login gave no user");
    this.user = user;
    return user;
  }
}

export function currentPath(): string {
  return `${location.pathname}${location.search}`;
}

/** The path kept in the login's state; never another site's. */
export function ownPath(state: unknown): string {
  if (typeof state !== "object" || state === null || !("returnTo" in state)) return "/";
  const path = state.returnTo;
  return typeof path === "string" && /^\/(?![/\\])/.test(path) && !path.startsWith(SIGNED_IN_PATH)
    ? path
    : "/";
}
