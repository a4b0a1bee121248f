import { GatewayError } from '../plugins/errors.ts';
import type { ResolvedConfig } from './config/gateway-config.ts';
import type { HttpListener } from './http/http-listener.ts';

/**
 * Opens both listeners.
 * @returns the ports that they got
 * @throws ERR_CONFIG_INVALID with one problem for each port that is not available
 */
export async function takePorts(
  { bind, port, internalPort }: Pick<ResolvedConfig['listen'], 'bind' | 'port' | 'internalPort'>,
  listeners: Readonly<Record<'public' | 'internal', Pick<HttpListener, 'listen'>>>,
): Promise<{ readonly port: number; readonly internalPort: number }> {
  // Both are tried, so that both problems are reported at once.
  const [first, second] = await Promise.allSettled([
    listeners.internal.listen(internalPort, bind),
    listeners.public.listen(port, bind),
  ]);
  if (first.status === 'fulfilled' && second.status === 'fulfilled') {
    return { port: second.value, internalPort: first.value };
  }
  const problems = [
    ...(first.status === 'rejected' ? [problemOf(first.reason, bind, internalPort, 'GATEWAY_INTERNAL_PORT')] : []),
    ...(second.status === 'rejected' ? [problemOf(second.reason, bind, port, 'ROUTER_PORT')] : []),
  ];
  throw new GatewayError('ERR_CONFIG_INVALID', 'the gateway cannot listen', { problems });
}

function problemOf(error: unknown, bind: string, port: number, variable: string): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return `${bind}:${port} is taken: stop the program that uses the port, or set ${variable} to another port`;
    case 'EACCES':
      return `${bind}:${port} is reserved: set ${variable} to a port above 1023`;
    default:
      return `${bind} is not an address of this machine: set GATEWAY_BIND to one, for example 127.0.0.1`;
  }
}
