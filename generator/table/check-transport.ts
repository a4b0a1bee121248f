import type { AnyUpstreamRow } from '../../gateway/config/gateway-config.ts';
import type { Operation, OperationArgument } from '../../plugins/operation.ts';
import { isProtocolField } from '../../plugins/protocol-field.ts';
import type { DocumentedShape } from '../document/operation-shape.ts';

const repair = 'or correct the document with an overlay (pull --overlay)';

/**
 * What of an operation's call or answer cannot be carried, with what to do about it. Without these checks a row could
 * be generated whose calls all fail.
 * @returns one line each, with the place in the config
 */
export function checkTransport(
  place: string,
  row: AnyUpstreamRow,
  shape: DocumentedShape,
  args: readonly OperationArgument[],
): readonly string[] {
  const body =
    shape.body === 'foreign' ? [`${place}: the body of ${shape.key} is not JSON; leave the row out, ${repair}`] : [];
  return [
    ...body,
    ...checkBase(place, shape),
    ...checkAnswer(place, row, shape),
    ...checkHeaders(place, row, shape),
    ...checkForms(place, shape, args),
  ];
}

/** The gateway has one base address, `upstream.baseUrl`. */
const checkBase = (place: string, { elsewhere, key }: DocumentedShape): readonly string[] =>
  elsewhere === undefined
    ? []
    : [
        `${place}: ${key} is served below “${elsewhere}/”, and the rest of the document is not; leave the row out, ${repair}, which gives it a whole path`,
      ];

function checkAnswer(
  place: string,
  { answer, upstream }: AnyUpstreamRow,
  { foreign, key }: DocumentedShape,
): readonly string[] {
  const field = place.slice(place.indexOf('.') + 1);
  // An answer without a body is `true`, under every setting of the row.
  if (foreign === undefined || foreign === 'empty') {
    return answer === undefined ? [] : [`${place}.answer: ${key} answers JSON; leave the option out`];
  }
  if (isProtocolField(field)) return [`${place}: the answer of ${upstream} is not JSON, which the protocol needs`];
  if (foreign === 'stream') {
    return [`${place}: ${key} answers a stream of events, which a field cannot hold; leave the row out, ${repair}`];
  }
  if (foreign === 'text') return [];
  if (answer === 'text') return [`${place}.answer: ${key} answers bytes, not text; set answer: 'link' or 'base64'`];
  return answer === undefined
    ? [`${place}: ${key} answers bytes, not JSON; set answer: 'link' (a data: link) or answer: 'base64'`]
    : [];
}

function checkHeaders(place: string, row: AnyUpstreamRow, { headers, key }: DocumentedShape): readonly string[] {
  if (row.headers !== undefined && place === 'operations.execution') {
    return [`${place}.headers: what is read of an execution is shared between callers, so no row adds a header to it`];
  }
  const given = new Set(Object.keys(row.headers ?? {}).map((name) => name.toLowerCase()));
  return headers.flatMap(({ name, in: where, required }) => {
    // A header that the row gives, or that it passes on from the caller.
    if (!required || (where === 'header' && given.has(name.toLowerCase()))) return [];
    return where === 'cookie'
      ? [`${place}: ${key} requires the cookie ${name}, which the gateway does not send; leave the row out, ${repair}`]
      : [
          `${place}: ${key} requires the header ${name}; give it a value, headers: { '${name}': '…' }, or pass on the caller's, headers: { '${name}': { forward: true } }`,
        ];
  });
}

function checkForms(place: string, shape: DocumentedShape, args: readonly OperationArgument[]): readonly string[] {
  return shape.args.flatMap(({ wire, in: where, required, unsendable }) => {
    const arg = args.find((one) => one.wire === wire && one.in === where);
    if (unsendable === undefined || arg?.name === undefined) return [];
    const out = required
      ? `give it a constant, args: { '${wire}': { constant: '…' } }`
      : `hide it, args: { '${wire}': false }`;
    return [`${place}.args.${wire}: ${shape.key} wants ${unsendable}, which cannot be sent; ${out}, ${repair}`];
  });
}

/** What a field does with an answer that is not JSON. */
export function answerFormOf({ answer }: AnyUpstreamRow, { foreign }: DocumentedShape): Pick<Operation, 'answer'> {
  if (foreign === 'empty') return { answer: 'empty' };
  return foreign === undefined ? {} : { answer: answer ?? 'text' };
}
