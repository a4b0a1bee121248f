import type { ResolvedConfig } from './config/gateway-config.ts';
import { isConsolePath } from './http/console-path.ts';
import { createHttpListener, type HttpListener } from './http/http-listener.ts';
import { createInternalRoutes, type InternalViews } from './http/internal-routes.ts';
import { clientAddress } from './limits/client-address.ts';
import type { Live } from './live/live-service.ts';
import type { Telemetry } from './observe/telemetry.ts';
import type { WaysIn } from './ways-in.ts';

/** The listeners of the two ports. */
export const createListeners = (
  ways: WaysIn,
  live: Live,
  views: InternalViews,
  config: ResolvedConfig,
  telemetry: Telemetry,
) => ({
  public: createPublicListener(ways, config, telemetry),
  internal: createInternalListener(ways, live, views, telemetry),
});

/** The listener of the public port. Addresses of callers are those behind the configured proxies. */
function createPublicListener(ways: WaysIn, config: ResolvedConfig, telemetry: Telemetry): HttpListener {
  return createHttpListener({
    handle: telemetry.tracing?.handle(ways.public) ?? ways.public,
    clientIp: (request) =>
      clientAddress(request.socket.remoteAddress, request.headers['x-forwarded-for'], config.listen.trustedProxies),
    headersFor: (request) => ways.cors.headersFor(request.headers),
    onError: telemetry.onError,
    onDone: telemetry.onDone,
    limits: {
      connections: config.limits.connections,
      connectionsPerAddress: config.limits.connectionsPerAddress,
      isBehindProxy: config.listen.trustedProxies > 0,
      requestBytes: config.limits.requestBytesInFlight,
      responseBytes: config.limits.responseBytesInFlight,
    },
  });
}

/** The listener of the internal port. */
function createInternalListener(ways: WaysIn, live: Live, views: InternalViews, telemetry: Telemetry): HttpListener {
  return createHttpListener({
    handle: createInternalRoutes({
      views,
      console: telemetry.tracing?.handle(ways.console) ?? ways.console,
      callback: live.callback,
    }),
    // No proxy is expected in front of this port, so no header is believed.
    clientIp: (request) => request.socket.remoteAddress ?? '',
    headersFor: () => ({}),
    onError: telemetry.onError,
    onDone(exchange, status, ms, answer) {
      const { path } = exchange;
      // People use the console, so its requests are logged; probes, scrapes and callbacks are only counted.
      if (isConsolePath(path)) telemetry.onDone(exchange, status, ms, answer);
      else telemetry.observe({ type: 'request', route: path, status, ms });
    },
  });
}
