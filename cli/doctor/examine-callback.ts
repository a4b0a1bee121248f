import { isLoopback } from '../../gateway/config/addresses.ts';
import type { ResolvedConfig } from '../../gateway/config/gateway-config.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { type Finding, fine, problem, warning } from './finding.ts';
import type { DoctorProbes } from './probes.ts';

/**
 * Whether the address that auth playbooks call back is that of the internal listener. It is asked from here, which is
 * not where NoETL's workers are, so an answer does not prove that they reach it.
 * @returns nothing when no auth playbook runs
 */
export async function examineCallback(
  { askCallback }: Pick<DoctorProbes, 'askCallback'>,
  { auth, listen, upstream }: ResolvedConfig,
): Promise<readonly Finding[]> {
  if (![auth.login.kind, auth.validator.kind, auth.access.checker].includes('playbook')) return [];
  const { internalUrl } = listen;
  // No answer could be right: the address is that of NoETL's own machine there.
  if (isLoopback(new URL(internalUrl)) && !isLoopback(upstream.baseUrl)) {
    const step = `set GATEWAY_INTERNAL_URL to an address of the gateway that NoETL's workers reach, in Kubernetes http://$(POD_IP):${listen.internalPort}`;
    return [problem('callback', `GATEWAY_INTERNAL_URL is ${internalUrl}, and NoETL is on another machine`, step)];
  }
  try {
    return [found(await askCallback(internalUrl), internalUrl, listen.internalPort)];
  } catch (error) {
    const why = error instanceof GatewayError ? error.message : 'it could not be asked';
    const step = `start the gateway, then run doctor where NoETL's workers run; they must reach it (GATEWAY_INTERNAL_URL, NetworkPolicy, port ${listen.internalPort})`;
    return [warning('callback', `nothing answers at GATEWAY_INTERNAL_URL (${internalUrl}) from here: ${why}`, step)];
  }
}

function found(place: 'internal' | 'public' | 'other', url: string, port: number): Finding {
  const step = `set GATEWAY_INTERNAL_URL to the internal listener, port ${port}: callbacks to other ports are not taken`;
  switch (place) {
    case 'internal':
      return fine('callback', `the internal listener answers at ${url}; NoETL's workers must reach it too`);
    case 'public':
      return problem('callback', `GATEWAY_INTERNAL_URL (${url}) is the public listener`, step);
    case 'other':
      return problem('callback', `something that is not the gateway answers at GATEWAY_INTERNAL_URL (${url})`, step);
  }
}
