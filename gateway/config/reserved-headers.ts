/**
 * Headers that no row sets and no caller's request gives: what the connection, the gateway and its sessions use. A
 * forwarded credential would give NoETL, and every playbook that it runs, the caller's session.
 */
const reserved = new Set([
  ...[
    'accept',
    'accept-encoding',
    'connection',
    'content-encoding',
    'content-length',
    'content-type',
    'date',
    'expect',
  ],
  ...['host', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'via', 'forwarded', 'http2-settings'],
  ...['cookie', 'set-cookie', 'x-session-token', 'x-request-id', 'traceparent', 'tracestate', 'origin', 'referer'],
]);

/** Whether a row may not set or pass on a header. The case of the name does not matter. */
export function isReservedHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return (
    reserved.has(lower) || lower.startsWith('proxy-') || lower.startsWith('x-forwarded-') || lower.startsWith('sec-')
  );
}
