import type { JetStreamManager, MsgRequest } from '@nats-io/jetstream';
import type { Clock } from '../../plugins/clock.ts';
import { type LiveEntry, maxRead } from './live-store.ts';

/** A stream that was lost and made again counts from 1 again, so an entry is named by the stream and its number. */
export interface StreamState {
  /** When it was made, milliseconds. */
  readonly madeAt: number;
  readonly lastSeq: number;
}

/** Entries of one subject after an id, oldest first. @throws what JetStream throws, also when there is no such stream */
export async function readQueue(
  jsm: JetStreamManager,
  stream: StreamState & { readonly name: string },
  subject: string,
  after: string | undefined,
): Promise<readonly LiveEntry[]> {
  const entries: LiveEntry[] = [];
  let seq = nextSeq(stream, after);
  while (entries.length < maxRead) {
    // The API of JetStream has it; the types of the client have it for reads of followers only, which may be late.
    const next = { seq, next_by_subj: subject } as unknown as MsgRequest;
    const message = await jsm.streams.getMessage(stream.name, next);
    if (message === null) break;
    entries.push({ id: `${stream.madeAt}-${message.seq}`, text: message.string() });
    seq = message.seq + 1;
  }
  return entries;
}

/**
 * Where reading goes on after an id. An id of an earlier stream is before everything that this one has. Ids of earlier releases
 * have no stream, and count as such when they are beyond its end.
 */
function nextSeq({ madeAt, lastSeq }: StreamState, after: string | undefined): number {
  const [, stream, text] = /^(?:(\d{1,15})-)?(\d{1,15})$/.exec(after ?? '') ?? [];
  const isEarlier = stream === undefined ? Number(text) > lastSeq : Number(stream) !== madeAt;
  return text === undefined || isEarlier ? 1 : Number(text) + 1;
}

/** Another replica may have made the stream again. Until that is noticed, its entries wait. */
const lookAgainMs = 2_000;

/** The stream as it is now, or was a moment ago. What fails is not kept. */
export function followStream(jsm: JetStreamManager, name: string, clock: Clock): () => Promise<StreamState> {
  const ask = async (): Promise<StreamState> => {
    const { created, state } = await jsm.streams.info(name);
    return { madeAt: Date.parse(created), lastSeq: state.last_seq };
  };
  let kept: { readonly answer: Promise<StreamState>; readonly atMs: number } | undefined;
  return () => {
    if (kept === undefined || clock() - kept.atMs >= lookAgainMs) {
      const answer = ask();
      kept = { answer, atMs: clock() };
      answer.catch(() => {
        kept = undefined;
      });
    }
    return kept.answer;
  };
}
