import type { GatewayHealth } from '../../../gateway/console/gateway-health.ts';
import { useSession } from './me.ts';
import { useQuery } from './use-query.ts';

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
