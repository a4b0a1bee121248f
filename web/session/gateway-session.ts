/** Whether the gateway accepts a token, in words for the page. `valid` undefined: it could not be found out. */
export interface SessionState {
  readonly valid: boolean | undefined;
  readonly text: string;
}

const post = (url: string, token: string, body: unknown): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });

/**
 * Asks the gateway with the smallest query there is.
 * @param base in front of the gateway's paths; empty on its public listener
 * @returns never rejects: an outage is `valid: undefined`, since the token may well be good
 */
export async function checkSession(token: string, base = ''): Promise<SessionState> {
  try {
    const response = await post(`${base}/graphql`, token, { query: '{ __typename }' });
    if (response.ok) return { valid: true, text: 'Session active. It ends with this tab, or with the button.' };
    if (response.status === 401) {
      return { valid: false, text: 'The gateway does not accept this token. Log in again and paste the new one.' };
    }
    return { valid: undefined, text: `The session could not be checked (HTTP ${response.status}). Try again.` };
  } catch {
    return { valid: undefined, text: 'The gateway does not answer. Try again.' };
  }
}

/** Ends the session at the gateway, for every tab and client that uses it. @returns never rejects */
export async function logOut(token: string, base = ''): Promise<SessionState> {
  const response = await post(`${base}/api/auth/logout`, token, {}).catch(() => undefined);
  // 401: the session was over already.
  return response?.ok === true || response?.status === 401
    ? { valid: false, text: 'Session ended.' }
    : { valid: undefined, text: 'Removed from this tab. The gateway did not confirm that the session has ended.' };
}
