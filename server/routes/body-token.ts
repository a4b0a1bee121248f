import { GatewayError } from '../../core/errors.ts';
import { holdsTemplateMark } from '../../core/noetl/template-mark.ts';
import { parseSessionToken, type SessionToken } from '../../core/session/session-token.ts';

/**
 * A session token that came in a body.
 * @returns undefined for text that cannot be one.
 * @throws ERR_REQUEST_INVALID for template marks, which NoETL would evaluate
 */
export function bodyToken(text: string): SessionToken | undefined {
  if (holdsTemplateMark(text)) {
    throw new GatewayError('ERR_REQUEST_INVALID', 'session_token: template marks are not allowed');
  }
  return parseSessionToken(text);
}
