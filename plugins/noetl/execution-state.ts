import { idText } from '../json/lossless-json.ts';

/** States of an execution as the gateway answers them; NoETL's servers have more words. */
export type ExecutionState = 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
/** A final state. */
export type End = Exclude<ExecutionState, 'RUNNING'>;

const ends: Readonly<Record<string, End>> = {
  COMPLETED: 'COMPLETED',
  FAILED: 'FAILED',
  ERROR: 'FAILED',
  CANCELLED: 'CANCELLED',
  CANCELED: 'CANCELLED',
};

/** Reads a status word of either server; everything that is not an end is running. */
export function parseExecutionState(status: unknown): ExecutionState {
  const word = typeof status === 'string' ? status.toUpperCase() : '';
  return (Object.hasOwn(ends, word) ? ends[word] : undefined) ?? 'RUNNING';
}

const digits = /^\d{1,19}$/;
const largest = 2n ** 63n - 1n;

/**
 * Reads an execution id: a decimal number of at most 64 bits, as text or as a number of any length.
 * @returns its canonical text, without leading zeros; undefined when it is not an execution id.
 */
export function parseExecutionId(value: unknown): string | undefined {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return undefined;
  const text = idText(value);
  if (text === undefined || !digits.test(text)) return undefined;
  // So many digits are within 64 bits, and without a leading zero they are canonical: as nearly all ids come.
  if (text.length < 19 && text[0] !== '0') return text;
  const number = BigInt(text);
  return number <= largest ? number.toString() : undefined;
}
