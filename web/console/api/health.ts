import type { GatewayHealth } from '../../../gateway/console/console-answers.ts';
import { useQuery, useSession } from './gateway-client.ts';

/**
 * Polled by every view of an operator, since troubles are marked in the navigation. Others are not asked: they would
 * get 403.
 */
export function useHealth() {
  const { gateway, me } = useSession();
  return useQuery({
    key: ['health'],
    ask: (signal) => gateway.section('health', undefined, signal),
    enabled: me.isOperator,
    everyMs: 5_000,
  });
}

/**
 * What is wrong, in a few words each; empty: all is well. The replica that answers is left out of `replicas`: its
 * checks are listed by name.
 */
export function troubles({
  checks,
  dependencies,
  openBreakers,
  policyFile,
  replicas,
  process,
}: GatewayHealth): readonly string[] {
  return [
    ...Object.entries(checks).flatMap(([name, state]) => (state === 'ok' ? [] : [`the check ${name} fails`])),
    ...dependencies.flatMap(({ name, of, isUp }) => (isUp ? [] : [`${name} (${of}) does not answer`])),
    ...openBreakers.map((breaker) => `the circuit breaker ${breaker} is open`),
    ...(policyFile?.refused === undefined ? [] : [`the policy file ${policyFile.file} is refused`]),
    ...(replicas ?? []).flatMap(({ replica, ready }) =>
      ready || replica === process.replica ? [] : [`the replica ${replica} is not ready`],
    ),
  ];
}

/**
 * An address of the console. Members that are empty or undefined are left out, so that equal states have equal
 * addresses.
 * @param path below `/console/`; it is not encoded here
 */
export function addressOf(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return `/console/${path}${given.length === 0 ? '' : `?${new URLSearchParams(given)}`}`;
}
