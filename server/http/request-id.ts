const likeToken = /eyJ|session/i;

/** The request id that a caller sent; undefined unless it is short and plain, and no token. It goes to logs and back to the caller. */
export function callerRequestIdFrom(header: string | readonly string[] | undefined): string | undefined {
  if (typeof header !== 'string' || !/^[A-Za-z0-9._-]{1,128}$/.test(header)) return undefined;
  return likeToken.test(header) ? undefined : header;
}
