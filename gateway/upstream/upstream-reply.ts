import { parseJson } from '../../plugins/json/lossless-json.ts';
import type { UpstreamCall, UpstreamReply } from '../../plugins/ports.ts';
import type { RawReply } from './reply-collector.ts';

/**
 * What came, in the form that the call asks for. A form counts for good answers only: errors are NoETL's JSON, or text.
 */
export function decode(reply: RawReply, { answer }: UpstreamCall): UpstreamReply {
  const isForeign = answer !== undefined && reply.status >= 200 && reply.status < 300;
  return {
    status: reply.status,
    body: isForeign ? foreignBody(reply, answer) : bodyOf(reply.text),
    date: dateOf(reply.date),
  };
}

let lastDate: { readonly text: string; readonly date: Date | undefined } = { text: '', date: undefined };

/** Of many answers a second it is the same text. */
function dateOf(text = ''): Date | undefined {
  if (text !== lastDate.text) {
    const date = new Date(text);
    lastDate = { text, date: Number.isNaN(date.getTime()) ? undefined : date };
  }
  return lastDate.date;
}

/** Media types that are allowed in a link: without parameters, and never one that a browser would run as a page. */
const safeMediaType =
  /^(?:image\/(?:png|jpeg|gif|webp|bmp|avif)|audio\/[\w.+-]+|video\/[\w.+-]+|font\/[\w.+-]+|application\/(?:pdf|zip|gzip)|text\/(?:plain|csv))$/;

function foreignBody({ text, mediaType = '' }: RawReply, answer: NonNullable<UpstreamCall['answer']>): string {
  if (answer !== 'link') return text;
  const type = (mediaType.split(';')[0] ?? '').trim().toLowerCase();
  return `data:${safeMediaType.test(type) ? type : 'application/octet-stream'};base64,${text}`;
}

/** JSON without losing digits; the text where it is not JSON; undefined where it is empty. */
function bodyOf(text: string): unknown {
  if (text === '') return undefined;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}
