import type { Exchange } from '../http/exchange.ts';
import { scrub } from './scrub.ts';
import { createTimeText } from './time-text.ts';

/** Characters of a path that a line has. A caller chooses its length. */
const longestPath = 200;

/** The ids by which a line of the log is found. */
export const lineIds = ({ requestId, callerRequestId, trace }: Exchange) => ({
  requestId,
  callerRequestId,
  traceId: trace?.traceId,
});

/** The members of an exchange's log line. @param ms rounded to whole milliseconds */
export const accessFields = (exchange: Exchange, status: number, ms: number) => ({
  ...lineIds(exchange),
  clientIp: exchange.clientIp,
  method: exchange.method,
  path: exchange.path.slice(0, longestPath),
  status,
  ms: Math.round(ms),
});

/**
 * Writes the line of {@link accessFields} as the logger does, byte for byte, in a third of its time: the names are known, and only what
 * the caller has sent can hold what is scrubbed.
 */
export function createAccessLine(): (exchange: Exchange, status: number, ms: number) => string {
  const timeText = createTimeText();
  // Nearly all exchanges are on one path.
  let known = { path: '', json: '' };
  const jsonOf = (path: string): string => {
    if (path !== known.path) known = { path, json: scrub(`,"path":${JSON.stringify(path.slice(0, longestPath))}`) };
    return known.json;
  };
  return ({ requestId, callerRequestId, trace, clientIp, method, path }, status, ms) => {
    // Nothing but the path is escaped: the listener accepts a caller's id of plain characters only, and Node's parser
    // only methods that it knows. All else is made here.
    const sent = callerRequestId === undefined ? '' : scrub(`,"callerRequestId":"${callerRequestId}"`);
    const traced = trace === undefined ? '' : `,"traceId":"${trace.traceId}"`;
    return `{"level":"info","time":"${timeText(Date.now())}","category":"log","requestId":"${requestId}"${sent}${traced},"clientIp":"${clientIp}","method":"${method}"${jsonOf(path)},"status":${status},"ms":${Math.round(ms)},"msg":"request"}\n`;
  };
}
