/** The staff API, typed by its OpenAPI document. Every call answers data or raises what `problem.ts` names. */

import createClient, { type Client } from "openapi-fetch";

import type { Session } from "../session/session";
import { asProblem, Unreachable } from "./problem";
import type { paths } from "./schema.gen";

export type Api = Client<paths>;

/** What API Gateway answers instead of a function that is down. */
const GATEWAY_DOWN: readonly number[] = [502, 503, 504];

export function createApi(baseUrl: string, session: Session): Api {
  return createClient<paths>({ baseUrl, fetch: (request) => send(request, session) });
}

/** A request with a token; once more with a new one when that was refused. */
async function send(request: Request, session: Session): Promise<Response> {
  const again = request.clone();
  const token = await session.accessToken();
  const response = await ask(request, token);
  if (response.status !== 401) return response;
  const fresh = await session.renew(token);
  const second = await ask(again, fresh);
  // A new token that is refused, too: the pool has forgotten whoever this is.
  return second.status === 401 ? session.signInAgain() : second;
}

async function ask(request: Request, token: string): Promise<Response> {
  request.headers.set("Authorization", `Bearer ${token}`);
  try {
    return await fetch(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable(String(error), { cause: error });
  }
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The last answers of calls that are made again and again, so that an unchanged one need not be sent. */
export class Copies {
  private readonly byName = new Map<string, { readonly tag: string; readonly data: unknown }>();

  /** `call` gets the headers to send. The same object comes back as long as nothing changed. */
  async fresh<T>(
    name: string,
    call: (header: { "If-None-Match"?: string }) => Promise<Answer<T>>,
  ): Promise<T> {
    const copy = this.byName.get(name);
    const answer = await call(copy === undefined ? {} : { "If-None-Match": copy.tag });
    if (answer.response.status === 304 && copy !== undefined) return copy.data as T;
    const data = await dataOf(Promise.resolve(answer));
    const tag = answer.response.headers.get("ETag");
    if (tag === null) this.byName.delete(name);
    else this.byName.set(name, { tag, data });
    return data;
  }
}

/** The data of an answer. Raises ApiProblem, Unreachable, SignInNeeded. */
export async function dataOf<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok && data !== undefined) return data;
  const problem = asProblem(response, error);
  const isOurs = problem.code !== `http_${response.status}`;
  if (GATEWAY_DOWN.includes(response.status) && !isOurs) throw new Unreachable(problem.message);
  throw problem;
}
