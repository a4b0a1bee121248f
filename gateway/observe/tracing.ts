import { GatewayError } from '../../plugins/errors.ts';
import type { Sessions } from '../../plugins/ports.ts';
import type { IdentityVerifier, LoginBackend } from '../config/login-ports.ts';
import type { Answer } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import type { UpstreamClient } from '../upstream/upstream.ts';
import type { Logger } from './logger.ts';
import type { MetricsJson } from './metrics.ts';

type Handle = (exchange: Exchange) => Promise<Answer>;

/** Traces and metrics for a collector. Wraps what it watches once, at the start; without it nothing is wrapped. */
export interface Tracing {
  /** A span for each exchange; the parent is the caller's, when it sent one. */
  handle(handle: Handle): Handle;
  /** A span for work inside an exchange. What it throws goes on, and is noted. */
  span<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** A span for each call to NoETL, which becomes the parent of NoETL's own. */
  upstream(client: UpstreamClient): UpstreamClient;
  /** Begins to send metrics, and logs what it cannot send. Once. */
  start(read: () => Promise<MetricsJson>, log: Logger): void;
  /** Sends what is left. */
  stop(): Promise<void>;
}

/** What a request passes on its way, and has spans of its own. */
interface TracedParts {
  readonly sessions: Sessions;
  readonly verifier: IdentityVerifier;
  readonly login: LoginBackend;
}

/**
 * The same parts, with a span for each lookup of a session, each identity token and each login. Called where tracing is
 * on only, so that requests do nothing for it otherwise.
 */
export function tracedParts<P extends TracedParts>(parts: P, { span }: Pick<Tracing, 'span'>): P {
  const { sessions, verifier, login } = parts;
  return {
    ...parts,
    sessions: { ...sessions, lookup: (token, guesses) => span('auth', async () => sessions.lookup(token, guesses)) },
    verifier: { ...verifier, verify: (...given) => span('auth identity token', () => verifier.verify(...given)) },
    login: { login: (...given) => span('auth login', () => login.login(...given)) },
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings by the standard variables of OpenTelemetry; the exporters read their own (`OTEL_EXPORTER_OTLP_*`). */
export interface OtelSettings {
  readonly traces: boolean;
  readonly metrics: boolean;
  readonly sampler: SamplerSetting;
  readonly batch: BatchSetting;
  readonly metricIntervalMs: number | undefined;
}

/** Which traces are kept (`OTEL_TRACES_SAMPLER`). */
export interface SamplerSetting {
  readonly kind: 'always_on' | 'always_off' | 'traceidratio';
  readonly isParentBased: boolean;
  /** 0 to 1. */
  readonly ratio: number;
}

/** How spans leave together (`OTEL_BSP_*`); absent: the SDK's default. */
export interface BatchSetting {
  readonly scheduledDelayMillis?: number;
  readonly exportTimeoutMillis?: number;
  readonly maxQueueSize?: number;
  readonly maxExportBatchSize?: number;
}

const endpoints = ['', 'TRACES_', 'METRICS_'].map((signal) => `OTEL_EXPORTER_OTLP_${signal}ENDPOINT`);
const exporters = ['OTEL_TRACES_EXPORTER', 'OTEL_METRICS_EXPORTER'];
const protocols = ['', 'TRACES_', 'METRICS_'].map((signal) => `OTEL_EXPORTER_OTLP_${signal}PROTOCOL`);

/**
 * Reads the variables. OpenTelemetry is off unless an endpoint or an exporter is named, and with `OTEL_SDK_DISABLED=true`.
 * @returns undefined: off
 * @throws ERR_CONFIG_INVALID with a line for each value that is not supported here
 */
export function readOtelSettings(environment: Environment): OtelSettings | undefined {
  const read = (name: string) => environment[name]?.trim() ?? '';
  // Empty counts as not set (OpenTelemetry specification, Environment Variable Specification).
  const isOn = [...endpoints, ...exporters].some((name) => read(name) !== '');
  if (!isOn || read('OTEL_SDK_DISABLED').toLowerCase() === 'true') return undefined;
  const problems = problemsIn(read);
  if (problems.length > 0) {
    throw new GatewayError('ERR_CONFIG_INVALID', 'a variable of OpenTelemetry is not usable', { problems });
  }
  // `otlp` is the default of both signals.
  const wants = (signal: 'TRACES' | 'METRICS') =>
    read(`OTEL_${signal}_EXPORTER`) === '' || read(`OTEL_${signal}_EXPORTER`).split(',').includes('otlp');
  const [traces, metrics] = [wants('TRACES'), wants('METRICS')];
  if (!traces && !metrics) return undefined;
  return {
    traces,
    metrics,
    sampler: samplerOf(read('OTEL_TRACES_SAMPLER'), read('OTEL_TRACES_SAMPLER_ARG')),
    batch: batchOf(read),
    metricIntervalMs: numberOf(read('OTEL_METRIC_EXPORT_INTERVAL')),
  };
}

const samplers = /^(parentbased_)?(always_on|always_off|traceidratio)$/;

/** Requested settings that are not supported here. They end the start: a trace that is silently missing is found too late. */
function problemsIn(read: (name: string) => string): readonly string[] {
  const isOtlp = (value: string) => ['', 'otlp', 'none'].includes(value);
  const sampler = read('OTEL_TRACES_SAMPLER');
  const ratio = Number(read('OTEL_TRACES_SAMPLER_ARG') || 1);
  return [
    ...exporters.filter((name) => !isOtlp(read(name))).map((name) => `${name}: must be otlp or none`),
    ...protocols
      .filter((name) => !['', 'http/protobuf'].includes(read(name)))
      .map((name) => `${name}: must be http/protobuf, which collectors take on port 4318`),
    ...(sampler === '' || samplers.test(sampler)
      ? []
      : ['OTEL_TRACES_SAMPLER: must be always_on, always_off or traceidratio, or one of them after parentbased_']),
    ...(ratio >= 0 && ratio <= 1 ? [] : ['OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1']),
  ];
}

/** Default `parentbased_always_on`, as the specification has it. */
function samplerOf(name: string, argument: string): SamplerSetting {
  const [, parentBased, kind = 'always_on'] = samplers.exec(name || 'parentbased_always_on') ?? [];
  return {
    kind: kind as SamplerSetting['kind'],
    isParentBased: parentBased !== undefined,
    ratio: Number(argument || 1),
  };
}

function batchOf(read: (name: string) => string): BatchSetting {
  const number = (name: string) => numberOf(read(name));
  const setting = {
    scheduledDelayMillis: number('OTEL_BSP_SCHEDULE_DELAY'),
    exportTimeoutMillis: number('OTEL_BSP_EXPORT_TIMEOUT'),
    maxQueueSize: number('OTEL_BSP_MAX_QUEUE_SIZE'),
    maxExportBatchSize: number('OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
  };
  return Object.fromEntries(Object.entries(setting).filter(([, value]) => value !== undefined));
}

/** @returns undefined for what is not a whole number above zero: the SDK's own default counts then */
function numberOf(text: string): number | undefined {
  const value = Number(text);
  return text !== '' && Number.isInteger(value) && value > 0 ? value : undefined;
}
