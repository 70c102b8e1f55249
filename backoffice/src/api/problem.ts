/** What can go wrong with a request, in three kinds that the pages tell apart. */

/** The API answered with problem details (RFC 9457). */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";

  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string | undefined,
    readonly instance: string | undefined,
    readonly retryAfterSeconds: number | undefined,
  ) {
    super(`${status} ${code}: ${detail ?? title}`);
  }

  /** Somebody else was faster. */
  get isConflict(): boolean {
    return this.status === 409 || this.status === 412;
  }

  get isForbidden(): boolean {
    return this.status === 403;
  }

  get isNotFound(): boolean {
    return this.status === 404;
  }

  /** The very same request may succeed later. */
  get isPassing(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}

/** Nobody answered. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

export function isPassing(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof ApiProblem && error.isPassing);
}

export function asProblem(response: Response, body: unknown): ApiProblem {
  const given = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const word = (name: string): string | undefined => {
    const value = given[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const retryAfter = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return new ApiProblem(
    response.status,
    word("code") ?? `http_${response.status}`,
    word("title") ?? (response.statusText || `HTTP ${response.status}`),
    word("detail"),
    word("instance"),
    Number.isFinite(retryAfter) ? retryAfter : undefined,
  );
}
