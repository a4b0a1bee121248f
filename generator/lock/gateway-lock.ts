import { GatewayError } from '../../plugins/errors.ts';
import { canonicalJson } from '../document/canonical.ts';
import { headerText } from '../emit/header.ts';
import { isRecord } from '../openapi/open-api.ts';

export const gatewayLockPath = 'gateway.lock';

/** What a public name was bound to when it was last generated. */
export interface LockedName {
  /** `METHOD /path`, or `gateway`. */
  readonly operation: string;
  /** What the operation does (`plugins/operation-kind.ts`); absent in locks of earlier versions. */
  readonly kind?: string;
  /** Argument → `<where> <wire name>: <type>`. */
  readonly args: Readonly<Record<string, string>>;
  /** The answer's type. */
  readonly answer: string;
  /** Former names, of the field itself (`''`) and of its arguments → until when each works. */
  readonly until?: Readonly<Record<string, string>>;
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

/** Before the first generation: all that the rows open is new, and so it is open. */
export const emptyLock: GatewayLock = { names: {}, types: {}, files: [] };

/**
 * The lock's text as a value. No lock at all is the empty one: everything that the rows open is pinned as it is.
 * @throws ERR_POLICY_INVALID when it cannot be read: taken for empty, it would open what is not accepted.
 */
export function parseGatewayLock(text: string | undefined): GatewayLock {
  if (text === undefined) return emptyLock;
  const value = parsed(text);
  const { names, types, files = [] } = isRecord(value) ? value : {};
  if (!isRecord(names) || !isRecord(types) || !Array.isArray(files)) {
    throw new GatewayError('ERR_POLICY_INVALID', `${gatewayLockPath} cannot be read.`, {
      problems: [
        `${gatewayLockPath}: it pins what is open; resolve its merge conflict or check it out again`,
        'to pin everything that the rows open, delete it and generate',
      ],
    });
  }
  return {
    names: names as GatewayLock['names'],
    types: types as GatewayLock['types'],
    files: files.filter((path) => typeof path === 'string'),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The lock's text, in canonical form, so that a review shows a line for each change. JSON has no comments, so the
 * header is a member.
 */
export const printGatewayLock = (lock: GatewayLock): string => canonicalJson({ '//': headerText, ...lock });
