import { GatewayError } from '../errors.ts';
import type { UpstreamReply } from '../ports.ts';
import { failureSentence } from './failure-text.ts';
import { isJsonObject, textMember } from './json-object.ts';
import { objectAnswer } from './upstream-answer.ts';

/**
 * The answer to a start of a playbook.
 * @throws ERR_NOT_FOUND with the words `playbook not found`; ERR_REQUEST_INVALID with NoETL's sentence on a playbook that
 *   cannot run (422 with a sentence; a list of fields echoes the caller's input and is not repeated); ERR_OVERLOADED when
 *   too many starts wait already; ERR_UPSTREAM
 */
export function startAnswer(reply: UpstreamReply): Readonly<Record<string, unknown>> {
  const sentence = sentenceOf(reply);
  if (reply.status === 422 && sentence !== undefined) {
    throw new GatewayError('ERR_REQUEST_INVALID', `NoETL cannot run this playbook: ${failureSentence(sentence)}`);
  }
  if (reply.status === 500 && sentence !== undefined && /already \d+ requests waiting/.test(sentence)) {
    throw new GatewayError('ERR_OVERLOADED', 'NoETL has too many starts waiting; nothing was started; try again', {
      retryAfterSecs: 2,
    });
  }
  return objectAnswer(reply, 'playbook not found');
}

function sentenceOf({ body }: UpstreamReply): string | undefined {
  if (typeof body === 'string') return body;
  return isJsonObject(body) ? (textMember(body, 'detail') ?? textMember(body, 'error')) : undefined;
}
