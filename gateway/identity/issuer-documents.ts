import type { CompactJWSHeaderParameters, JWK } from 'jose';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { type IssuerRules, isSameIssuer, withoutSlash } from '../config/issuers.ts';
import { isClaims } from './claims.ts';

/** How an issuer is asked; the platform's `fetch`, or one of a test. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** An answer of an issuer, of at most 256 KiB. */
export interface IssuerReply {
  readonly status: number;
  /** Parsed JSON; undefined when it is not JSON. */
  readonly body: unknown;
  /** As sent, without a byte order mark. */
  readonly text: string;
  /** Media type in lower case, without parameters. */
  readonly type: string;
}

/** Parts of the request besides the address. A form is sent with POST, GET without it. */
export interface IssuerRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  /** Default: 5 s for this request. */
  readonly signal?: AbortSignal;
}

const maxBytes = 256 * 1024;
/** For a request, or for the issuer's two documents together. */
export const issuerTimeoutMs = 5_000;

/**
 * Asks an issuer. No redirect is followed: a 3xx is an answer like any other.
 * @param what the subject of the problem's sentence, for example `userinfo`
 * @throws ERR_AUTH_UNAVAILABLE when there is no answer in time, or a larger one than 256 KiB
 */
export async function askIssuer(
  fetch: Fetch,
  issuer: string,
  what: string,
  url: URL,
  { headers = {}, form, signal = AbortSignal.timeout(issuerTimeoutMs) }: IssuerRequest = {},
): Promise<IssuerReply> {
  try {
    const response = await fetch(url.href, {
      method: form === undefined ? 'GET' : 'POST',
      headers: { accept: 'application/json', ...headers },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
      redirect: 'manual',
      signal,
    });
    const text = await readText(response);
    const type = (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    return { status: response.status, body: parseOr(text), text, type };
  } catch (error) {
    throw issuerUnavailable(issuer, `${what} could not be read: ${issuerFailureOf(error)}`, error);
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    // Counted while it comes: a length in the header is not verified.
    if (size > maxBytes) throw new Error('the answer is larger than 256 KiB');
    chunks.push(chunk);
  }
  // A TextDecoder drops a byte order mark.
  return new TextDecoder().decode(Buffer.concat(chunks));
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Why an issuer could not be asked, for the log: the issuer, and a sentence without anything that it sent. */
export class IssuerProblem extends Error {
  readonly issuer: string;
  readonly problem: string;

  constructor(issuer: string, problem: string, cause?: unknown) {
    super(`${issuer}: ${problem}`, cause === undefined ? undefined : { cause });
    this.name = 'IssuerProblem';
    this.issuer = issuer;
    this.problem = problem;
  }
}

/** Problems that callers can cause with their tokens: they do not mean that the issuer is down. */
export const readTooOften = 'a token names an unknown key, and the keys were read too often lately';
export const newerThanKeys = 'a token names an unknown key, and is newer than the keys that were read';

/** The caller's error when an issuer could not be asked: 503, and the issuer is named in the log only. */
export function issuerUnavailable(issuer: string, problem: string, cause?: unknown): GatewayError {
  return unavailableBecause(new IssuerProblem(issuer, problem, cause), 5_000);
}

const unavailableBecause = (cause: unknown, retryMs: number) =>
  new GatewayError('ERR_AUTH_UNAVAILABLE', 'Sign-in is not available at the moment; try again shortly.', {
    cause,
    retryAfterSecs: Math.max(1, Math.ceil(retryMs / 1000)),
  });

/** The same error with the time until the issuer is asked again; any other error is left alone. */
export const unavailableFor = (error: unknown, retryMs: number): unknown =>
  issuerProblem(error) === undefined ? error : unavailableBecause(issuerProblem(error), retryMs);

/** The problem behind an error of {@link issuerUnavailable}. */
export function issuerProblem(error: unknown): IssuerProblem | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof IssuerProblem ? cause : undefined;
}

/** The cause of a failed request without repeating texts from outside: a code of the socket, or a time-out. */
export function issuerFailureOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it failed';
  if (error.name === 'TimeoutError') return 'it did not answer in time';
  const code = codeOf(error) ?? codeOf(error.cause);
  return code === undefined ? error.message.slice(0, 100) : `it cannot be reached (${code})`;
}

function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** The usual timing, milliseconds. Keys of a provider are used for an hour while it cannot be asked (ADR 0007). */
export const keptTiming = {
  /** A document of this age is loaded beside the requests; each time up to half the way to `freshMs` later. */
  renewMs: 7 * 60_000,
  /** From this age on a request waits for the load, but no longer than `waitMs`; after that the old document is used. */
  freshMs: 10 * 60_000,
  waitMs: 250,
  /** Used when loading fails; counted from the last success. */
  staleMs: 60 * 60_000,
  /** After a failure nothing is loaded for this long: without a document, and with one. */
  retryMs: 2_000,
  retryStaleMs: 30_000,
  /** At most so many extra loads, because the document lacks something, in that time. */
  extraLoads: 2,
  extraWindowMs: 30_000,
  /** A document of this age at most is the newest there is. */
  newestMs: 2_000,
};
export type KeptTiming = { readonly [Name in keyof typeof keptTiming]: number };

/** A document that is loaded when needed, and outlives an outage of where it comes from for a bounded time. */
export interface CachedDocument<T> {
  /** @throws `unavailable` with what the last load threw, when there is no document that may still be used. */
  current(): Promise<T>;
  /**
   * Loads again, because the document lacks something that may be new. `from`: what the source offered until then is in the
   * document, milliseconds.
   * @throws `unavailable` with what the last load threw, or without it when there were too many of these lately: it is not known
   * whether something is new.
   */
  newer(): Promise<{ readonly document: T; readonly from: number }>;
  /** Milliseconds until the source may be asked for something new again; 0: now. */
  untilNewer(): number;
}

export interface CachedDocumentOptions<T> {
  readonly load: () => Promise<T>;
  /** The error of callers, with the error of the last load if it failed, and when to try again. */
  readonly unavailable: (failure: unknown, retryMs: number) => unknown;
  readonly clock: Clock;
  readonly timing: KeptTiming;
  /** From 0 to 1; spreads the renewals of replicas. */
  readonly random?: () => number;
}

/** One load at a time, shared by all that need it. */
export function createCachedDocument<T>(options: CachedDocumentOptions<T>): CachedDocument<T> {
  const { load, unavailable, clock, timing, random = Math.random } = options;
  let kept: { readonly document: T; readonly from: number; readonly at: number; readonly renewAt: number } | undefined;
  let failure: { readonly error: unknown; readonly at: number } | undefined;
  let loading: { readonly done: Promise<void>; readonly at: number } | undefined;
  let extraAt: readonly number[] = [];

  async function loadNow(): Promise<void> {
    const from = clock();
    try {
      const document = await load();
      const at = clock();
      kept = { document, from, at, renewAt: at + timing.renewMs + (random() * (timing.freshMs - timing.renewMs)) / 2 };
      failure = undefined;
    } catch (error) {
      failure = { error, at: clock() };
    } finally {
      loading = undefined;
    }
  }

  /** Milliseconds until a load may follow one that has failed. */
  function pauseMs(): number {
    if (failure === undefined) return 0;
    return Math.max(0, failure.at + (kept === undefined ? timing.retryMs : timing.retryStaleMs) - clock());
  }

  /** @returns the load that is running, or a new one; undefined: the last one failed a moment ago. */
  function start() {
    if (loading === undefined && pauseMs() > 0) return undefined;
    // The load's first turn must find `loading` set: a load that ends at once resets it.
    loading ??= { done: Promise.resolve().then(loadNow), at: clock() };
    return loading;
  }

  /** A load that runs anyway may always be waited for. */
  function untilNewer(): number {
    if (loading !== undefined) return 0;
    const [oldest = 0] = extraAt;
    return Math.max(pauseMs(), extraAt.length < timing.extraLoads ? 0 : oldest + timing.extraWindowMs - clock(), 0);
  }

  /** Renews beside the request; a document that is due is waited for, but not for long. */
  async function renew(now: number, { at, renewAt }: NonNullable<typeof kept>): Promise<void> {
    const begun = now < renewAt ? undefined : start();
    if (begun === undefined || now - at < timing.freshMs) return;
    const leftMs = timing.waitMs - (now - begun.at);
    if (leftMs > 0) await atMost(begun.done, leftMs);
  }

  return {
    async current() {
      const now = clock();
      if (kept === undefined || now - kept.at >= timing.staleMs) await start()?.done;
      else await renew(now, kept);
      if (kept !== undefined && clock() - kept.at < timing.staleMs) return kept.document;
      throw unavailable(failure?.error, pauseMs());
    },
    async newer() {
      const isSpent = untilNewer() > 0;
      if (!isSpent) {
        if (loading === undefined) extraAt = [...extraAt, clock()].slice(-timing.extraLoads);
        await start()?.done;
      }
      const isKnown = failure === undefined && kept !== undefined && (!isSpent || clock() - kept.at < timing.newestMs);
      if (isKnown && kept !== undefined) return kept;
      throw unavailable(failure?.error, untilNewer());
    },
    untilNewer,
  };
}

async function atMost(work: Promise<void>, ms: number): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, ms);
  await Promise.race([work, timeout.promise]);
  clearTimeout(timer);
}

/** `timeoutMs`: for the issuer's two documents together. */
export type DocumentsTiming = KeptTiming & { readonly timeoutMs: number };
export const documentsTiming: DocumentsTiming = { ...keptTiming, timeoutMs: issuerTimeoutMs };

/** Clocks of issuers and of the gateway may differ by this. */
const leewayMs = 60_000;

type Endpoint =
  | 'authorization_endpoint'
  | 'token_endpoint'
  | 'userinfo_endpoint'
  | 'introspection_endpoint'
  | 'end_session_endpoint';

/** The discovery document and the keys of one trusted issuer. */
export interface IssuerDocuments {
  /**
   * The public keys that a token's header names. A key that is not known is looked for at the issuer, but not for every token.
   * @param issuedAt `iat` of the token, not verified, seconds
   * @returns an empty list: the issuer has no such key.
   * @throws ERR_AUTH_UNAVAILABLE when that could not be found out, or the token is newer than the keys that were read: the issuer
   * may have changed its keys since.
   */
  keysFor(header: CompactJWSHeaderParameters, issuer: string, issuedAt: unknown): Promise<readonly JWK[]>;
  /** @throws ERR_AUTH_UNAVAILABLE when it cannot be read, or the issuer has no such endpoint. */
  endpoint(name: Endpoint): Promise<URL>;
  /** The discovery document; its addresses are not checked. @throws ERR_AUTH_UNAVAILABLE */
  metadata(): Promise<Readonly<Record<string, unknown>>>;
  /** Keys that the issuer publishes. @throws ERR_AUTH_UNAVAILABLE with the reason as cause. */
  keyCount(): Promise<number>;
}

/**
 * Reads the discovery document (OpenID Connect Discovery 1.0) and the JWK Set, or the latter alone where the entry has
 * its address. Both are renewed together beside the requests, before they are ten minutes old, and when a token names an
 * unknown key. While the issuer is down the last ones are used for an hour.
 */
export function createIssuerDocuments(
  rules: IssuerRules,
  fetch: Fetch,
  clock: Clock,
  timing: DocumentsTiming = documentsTiming,
): IssuerDocuments {
  const { issuer } = rules;
  const kept = createCachedDocument({
    load: () => load(rules, fetch, timing.timeoutMs),
    unavailable: (failure, retryMs) => unavailableFor(failure ?? issuerUnavailable(issuer, readTooOften), retryMs),
    clock,
    timing,
  });
  return {
    // A key that is not known can be a new one: providers rotate keys without notice.
    async keysFor(header, name, issuedAt) {
      const known = keysNamed((await kept.current()).keys, header, name);
      if (known.length > 0) return known;
      const askedAt = clock();
      const { document, from } = await kept.newer();
      const found = keysNamed(document.keys, header, name);
      // Keys that were read before the token came may lack one that was new in the same second.
      const newestMs = from < askedAt ? Math.floor(from / 1000) * 1000 - 1 : from;
      const issuedMs = Number(issuedAt) * 1000;
      const isNewer = issuedMs > newestMs && issuedMs <= askedAt + leewayMs;
      if (found.length > 0 || !isNewer) return found;
      throw unavailableFor(issuerUnavailable(issuer, newerThanKeys), kept.untilNewer());
    },
    async endpoint(name) {
      const { discovery, from } = await kept.current();
      const url = parseIssuerUrl(discovery[name], from);
      if (url === undefined) throw issuerUnavailable(issuer, `it has no usable ${name}`);
      return url;
    },
    metadata: async () => (await kept.current()).discovery,
    keyCount: async () => (await kept.current()).keys.length,
  };
}

async function load(rules: IssuerRules, fetch: Fetch, timeoutMs: number) {
  const signal = AbortSignal.timeout(timeoutMs);
  const { issuer, jwksUrl } = rules;
  // OpenID Connect Discovery 1.0, section 4.
  const from = rules.discoveryUrl ?? `${withoutSlash(issuer)}/.well-known/openid-configuration`;
  const discovery = await readDiscovery(issuer, fetch, from, signal).catch((error: unknown) => {
    // An issuer whose keys have an address in the entry may have no discovery document at all.
    if (jwksUrl === undefined) throw error;
    return {} as Readonly<Record<string, unknown>>;
  });
  const keysUrl = jwksUrl === undefined ? parseIssuerUrl(discovery['jwks_uri'], from) : new URL(jwksUrl);
  if (keysUrl === undefined) throw issuerUnavailable(issuer, 'its discovery document has no usable jwks_uri');
  const keys = signatureKeys(await readObject(issuer, 'its JWK Set', fetch, keysUrl, signal));
  if (keys.length === 0) throw issuerUnavailable(issuer, 'its JWK Set has no key to check a signature with');
  return { keys, discovery, from };
}

/** OpenID Connect Discovery 1.0, section 4.3: the document must be this issuer's. */
async function readDiscovery(issuer: string, fetch: Fetch, from: string, signal: AbortSignal) {
  const discovery = await readObject(issuer, 'its discovery document', fetch, new URL(from), signal);
  const named = discovery['issuer'];
  if (typeof named === 'string' && isSameIssuer(named, issuer)) return discovery;
  const other = typeof named === 'string' ? `another issuer: ${printable(named)}` : 'no issuer';
  throw issuerUnavailable(issuer, `its discovery document names ${other}`);
}

async function readObject(issuer: string, what: string, fetch: Fetch, url: URL, signal: AbortSignal) {
  const { status, body } = await askIssuer(fetch, issuer, what, url, { signal });
  const problem =
    status >= 300 && status < 400
      ? `is at another address: it answered ${status}, and redirects are not followed`
      : `could not be read: it answered ${status}`;
  if (status !== 200) throw issuerUnavailable(issuer, `${what} ${problem}`);
  if (!isClaims(body)) throw issuerUnavailable(issuer, `${what} is not a JSON object`);
  return body;
}

/** A name that a document gave, for the log: without control characters, and short. */
const printable = (text: string): string => text.slice(0, 200).replaceAll(/[^\x21-\x7e]/g, '?');

/**
 * Reads a URL that an issuer's document names: `https`, or `http` where that document itself was read by `http`: on
 * loopback, or at an address inside the cluster that the operator gave.
 * @param from where the document was read.
 * @returns undefined when it is neither.
 */
export function parseIssuerUrl(text: unknown, from: string): URL | undefined {
  if (typeof text !== 'string' || !URL.canParse(text) || !URL.canParse(from)) return undefined;
  const [url, source] = [new URL(text), new URL(from)];
  // A document must not make the gateway send credentials.
  if (url.username !== '' || url.password !== '') return undefined;
  if (url.protocol === 'https:') return url;
  const isLocal = isLoopback(url) && isLoopback(source);
  const isSameServer = source.protocol === 'http:' && url.origin === source.origin;
  return url.protocol === 'http:' && (isLocal || isSameServer) ? url : undefined;
}

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);

/** A token without a key id is tried against so many keys. */
const triedAtMost = 8;
const keysAtMost = 64;

const keyTypes: readonly (readonly [algorithm: RegExp, kty: string, curve?: string])[] = [
  [/^(?:RS|PS)\d{3}$/, 'RSA'],
  [/^ES256$/, 'EC', 'P-256'],
  [/^ES384$/, 'EC', 'P-384'],
  [/^ES512$/, 'EC', 'P-521'],
  [/^(?:EdDSA|Ed25519)$/, 'OKP', 'Ed25519'],
];

/** A key of a set: its public members for the signature, and those by which it is chosen. */
interface SignatureKey {
  readonly jwk: JWK;
  readonly kid: string | undefined;
  readonly alg: unknown;
  readonly issuer: unknown;
}

/**
 * The keys of a JWK Set (RFC 7517) by which signatures are checked. Members that are not signature keys, or are of an unknown kind, are left out, as the
 * standard wants; one bad key does not make the others unusable.
 */
export function signatureKeys(document: Readonly<Record<string, unknown>>): readonly SignatureKey[] {
  const keys = Array.isArray(document['keys']) ? document['keys'] : [];
  return keys
    .filter(isSignatureKey)
    .slice(0, keysAtMost)
    .map(({ kty, n, e, crv, x, y, kid, alg, ...rest }) => {
      // Only the members of a public key: private ones are left out.
      const members = Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => value !== undefined);
      return { jwk: Object.fromEntries(members) as JWK, kid, alg, issuer: (rest as Record<string, unknown>)['issuer'] };
    });
}

function isSignatureKey(value: unknown): value is JWK {
  if (!isClaims(value)) return false;
  const { kty, use, key_ops: operations, kid } = value;
  if (kid !== undefined && typeof kid !== 'string') return false;
  const isForUse = use === undefined || use === 'sig';
  const isForVerification = !Array.isArray(operations) || operations.includes('verify');
  return isForUse && isForVerification && keyTypes.some(([, type]) => type === kty);
}

/** Keys that a token may be signed with. Keys without an id may be meant by any; an id that a key has must be the token's. */
export function keysNamed(
  keys: readonly SignatureKey[],
  { alg = '', kid }: CompactJWSHeaderParameters,
  issuer: string,
): readonly JWK[] {
  const fitting = keys.filter((key) => fits(key, alg) && isOf(key, issuer));
  const same = kid === undefined ? fitting : fitting.filter((key) => key.kid === kid);
  const meant = same.length > 0 ? same : fitting.filter((key) => key.kid === undefined);
  return meant.slice(0, triedAtMost).map(({ jwk }) => jwk);
}

function fits({ jwk, alg: own }: SignatureKey, alg: string): boolean {
  const [, kty, curve] = keyTypes.find(([algorithm]) => algorithm.test(alg)) ?? [];
  if (jwk.kty !== kty || (curve !== undefined && jwk.crv !== curve)) return false;
  // RFC 9864: `Ed25519` is what `EdDSA` with that curve was called before.
  return own === undefined || own === alg || kty === 'OKP';
}

/** Entra names in each key the issuer whose tokens it signs; a key of one tenant must not sign for another. */
function isOf({ issuer: owner }: SignatureKey, issuer: string): boolean {
  if (typeof owner !== 'string') return true;
  const [head = '', tail] = owner.split('{tenantid}');
  return tail === undefined ? isSameIssuer(owner, issuer) : issuer.startsWith(head) && issuer.endsWith(tail);
}
