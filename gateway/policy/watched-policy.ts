import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { CompiledGrants } from '../../plugins/noetl-auth/access/decision.ts';
import {
  compilePolicy,
  maxPolicyBytes,
  type ReadPolicy,
  readPolicy,
} from '../../plugins/noetl-auth/access/policy-file.ts';
import type { Observe } from '../../plugins/observe.ts';

/** The file that the grants come from; times in milliseconds. */
export interface PolicyFileState {
  /** Without its folder. */
  readonly file: string;
  /** When the grants of now were read. */
  readonly at: number;
  /** The file as it is now is refused; the grants before it still count. */
  readonly refused?: { readonly at: number; readonly problems: readonly string[] };
}

export interface WatchedPolicyOptions {
  readonly file: string;
  readonly roles: readonly string[];
  readonly reserved: ReadonlySet<string>;
  readonly observe: Observe;
  /** Reports a change to an operator; `problems` are there when the new file is refused. */
  readonly report: (outcome: 'applied' | 'refused', problems: readonly string[]) => void;
  /** Runs `look` again and again; returns how to stop. Default: every second. */
  readonly every?: (look: () => Promise<void>) => () => void;
  readonly clock?: Clock;
}

/** Grants that follow a file. Every decision asks for the current ones, so that a change counts at once. */
export interface WatchedPolicy {
  current(): CompiledGrants;
  state(): PolicyFileState;
  stop(): void;
}

/**
 * Reads the policy file, then follows it. It is compared by its state on disk, so that replaced files, Kubernetes volumes and
 * network file systems work. A change counts when the file is the same at two looks in a row: a half-written file could
 * lack a `deny`. A file that is missing or refused leaves the grants as they are.
 * @throws ERR_POLICY_INVALID with every problem, when the first file is refused
 */
export async function watchPolicy(options: WatchedPolicyOptions): Promise<WatchedPolicy> {
  const { file, reserved, observe, report, every = everySecond, clock = Date.now } = options;
  const first = await readFrom(options);
  if (first.problems.length > 0) {
    throw new GatewayError('ERR_POLICY_INVALID', 'GATEWAY_POLICY_FILE is refused', { problems: first.problems });
  }
  let current = compilePolicy(first, reserved);
  let known: PolicyFileState = { file: basename(file), at: clock() };
  let applied = await stateOf(file);
  let seen = applied;
  const look = async (): Promise<void> => {
    const state = await stateOf(file);
    // The same at two looks: it is not being written.
    const settled = state === seen;
    seen = state;
    if (!settled || state === applied) return;
    // Also when it is refused: the same file is not read again each second.
    applied = state;
    const read = await readFrom(options);
    const outcome = read.problems.length === 0 ? 'applied' : 'refused';
    if (outcome === 'applied') {
      current = compilePolicy(read, reserved);
      known = { file: known.file, at: clock() };
    } else known = { ...known, refused: { at: clock(), problems: read.problems } };
    observe({ type: 'policy_file', outcome });
    report(outcome, outcome === 'applied' ? read.warnings : read.problems);
  };
  return { current: () => current, state: () => known, stop: every(look) };
}

async function readFrom({ file, roles }: WatchedPolicyOptions): Promise<ReadPolicy> {
  const refused = (problem: string): ReadPolicy => ({
    grants: [],
    problems: [`${basename(file)}: ${problem}`],
    warnings: [],
  });
  try {
    if ((await stat(file)).size > maxPolicyBytes) return refused('it is larger than 1 MiB');
    return readPolicy(await readFile(file, 'utf8'), basename(file), roles);
  } catch {
    return refused('it cannot be read; check the path and the permissions of the file');
  }
}

/** A text that changes whenever the file does; the same while it is missing. */
async function stateOf(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found === undefined ? 'missing' : [found.dev, found.ino, found.size, found.mtimeNs].join(' ');
}

function everySecond(look: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  const next = (): void => {
    timer = setTimeout(() => void look().finally(next), 1_000);
    timer.unref();
  };
  next();
  return () => clearTimeout(timer);
}
