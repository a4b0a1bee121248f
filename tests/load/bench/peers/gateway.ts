import { readFile } from 'node:fs/promises';
import { resolveConfig } from '../../../../gateway/config/resolve-config.ts';
import { createGateway } from '../../../../gateway/gateway.ts';
import { benchConfig, benchEnvironment } from '../bench-config.ts';
import { given, reportPeer } from './peer-process.ts';

/**
 * The gateway as `serve` runs it, access lines too. The run sends its stdout to /dev/null (`peer.ts`), so a line costs
 * its making and a write.
 */
const { config } = resolveConfig(benchConfig, benchEnvironment(given('BENCH_UPSTREAM')));
const sdl = await readFile(new URL('../../../../mesh/generated/schema.graphql', import.meta.url), 'utf8');
const gateway = await createGateway({ config, sdl });
const { port } = await gateway.listen();
reportPeer(port);
