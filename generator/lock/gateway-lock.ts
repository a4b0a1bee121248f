import { canonicalJson } from '../document/canonical.ts';
import { headerText } from '../emit/header.ts';
import { isRecord } from '../openapi/open-api.ts';

export const gatewayLockPath = 'gateway.lock';

/** What a public name was bound to when it was last generated. */
export interface LockedName {
  /** `METHOD /path`, or `gateway`. */
  readonly operation: string;
  /** What the operation does (`core/operation-kind.ts`); absent in locks of earlier versions. */
  readonly kind?: string;
  /** Argument → `<where> <wire name>: <type>`. */
  readonly args: Readonly<Record<string, string>>;
  /** The answer's type. */
  readonly answer: string;
  /** SHA-256 over arguments, answer and every type that they lead to. */
  readonly shape: string;
}

/** `gateway.lock`: the public names and what they mean, and the files that `generate` has made. */
export interface GatewayLock {
  readonly names: Readonly<Record<string, LockedName>>;
  /** Type → field → `<wire name>: <type>`, for every type of an answer or an argument. */
  readonly types: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Paths, in order. */
  readonly files: readonly string[];
}

export const emptyLock: GatewayLock = { names: {}, types: {}, files: [] };

/** @returns the empty lock when there is none yet, or none that can be read. */
export function parseGatewayLock(text: string | undefined): GatewayLock {
  if (text === undefined) return emptyLock;
  try {
    const value: unknown = JSON.parse(text);
    if (!isRecord(value)) return emptyLock;
    return {
      names: isRecord(value['names']) ? (value['names'] as GatewayLock['names']) : {},
      types: isRecord(value['types']) ? (value['types'] as GatewayLock['types']) : {},
      files: Array.isArray(value['files']) ? value['files'].filter((path) => typeof path === 'string') : [],
    };
  } catch {
    return emptyLock;
  }
}

export const printGatewayLock = (lock: GatewayLock): string => canonicalJson({ '//': headerText, ...lock });
