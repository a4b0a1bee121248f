import { Cache } from '../cache.ts';
import { heapBytes, ownText } from '../json/approximate-bytes.ts';
import { hiddenValue, secretNames, withoutCallbackSecret, withoutPasswords } from './hidden-values.ts';
import { sqlStatementAt } from './sql-statement.ts';

/** What callers read of an error at most, bytes. */
const longest = 4_096;
/** What is looked at: it may be shorter when it is clean, characters. */
const lookedAt = 8_192;
const mostStored = 64 * 1024;

/** Every poll and every page of events shows the same errors again, and a hostile text takes milliseconds. Bytes. */
const cleanedBefore = new Cache<string, { readonly text: string; readonly clean: string }>({
  max: 4 * 1024 * 1024,
  maxEntry: 64 * 1024,
  sizeOf: heapBytes,
});

/**
 * The text of an error for callers, with its lines: without stack traces, statements and data of SQL, secrets, private
 * addresses, and paths of files on a server. At most 4 KiB.
 */
export function cleanedText(text: string): string {
  const known = cleanedBefore.get(text);
  if (known !== undefined) return known.clean;
  const clean = cleanedAnew(text);
  cleanedBefore.set(text, { text, clean });
  return clean;
}

function cleanedAnew(text: string): string {
  const own = withoutSql(withoutFrames(afterTrace(text).slice(0, lookedAt)));
  const clean = withoutPlaces(withoutSecretText(own))
    .replace(exceptionPrefix, '')
    .replace(keyAlone, 'KeyError: $&')
    .replace(/(?<![ \t])[ \t]+$/gm, '')
    .trimEnd()
    .replace(/[:,;]$/, '');
  return ownText(withinBytes(clean.trim(), longest));
}

/** The text of an error as NoETL stored it, with secrets hidden. At most 64 KiB. */
export const storedText = (text: string): string =>
  ownText(withinBytes(withoutSecretText(text.slice(0, mostStored + 1)), mostStored));

/** Whole but for secrets. */
function withoutSecretText(text: string): string {
  const clean = withoutPasswords(withoutCallbackSecret(text)).replace(credential, hiddenValue);
  let shown = '';
  let from = 0;
  for (const found of clean.matchAll(pairName)) {
    const at = found.index + found[0].length;
    const length = found.index < from || !isSecret(found[2] ?? '') ? 0 : valueLength(clean, at, found[0]);
    if (length === 0) continue;
    shown += `${clean.slice(from, at)}${hiddenValue}`;
    from = at + length;
  }
  return shown + clean.slice(from);
}

/** How long the secret at that place is. @param name with its sign: after a colon a sentence may go on, `token: expired` */
function valueLength(text: string, at: number, name: string): number {
  pairValue.lastIndex = at;
  const value = pairValue.exec(text)?.[0] ?? '';
  const isSentence = name.includes(':') && !quoted.test(name) && !quoted.test(value) && !looksMade.test(value);
  return isSentence || value.startsWith(hiddenValue.slice(0, -1)) ? 0 : value.length;
}

const isSecret = secretNames();
/** Keys in the PEM form, JSON Web Tokens, credentials of an Authorization header, and tokens that their issuers mark as such. */
const credential =
  /-----BEGIN[A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END[A-Z ]*-----|$)|\beyJ[\w-]*(?:\.[\w-]*){1,4}|\b(?:bearer|basic)\s+[\w.~+/=-]{8,}|\b(?:gh[pousr]_|github_pat_|glpat-|xox[a-z]-|AKIA|AIza|noetl-session-)[\w-]{8,}|\bsk[-_][\w-]{20,}/gi;
/** `name=value`, `"name": "value"`, and the latter in a JSON text; a text that is not closed is one, too. */
const pairName = /(\\?["']?)\b((?:api|access|private|secret)[ _-]?key|[a-z][\w-]{0,60})\1[ \t]*[=:][ \t]*/gi;
const pairValue = /\\(["'])[\s\S]*?(?:\\\1|$)|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s,;&)}\]]+/y;
const quoted = /^\\?["']/;
const looksMade = /^(?=.*\d)(?=.*[a-z])\S{6,}$|^\S{20,}$/i;

const traceHead = 'Traceback (most recent call last):';
/** The text of a KeyError is its key alone, so that its type stays. */
const exceptionPrefix = /^(?!KeyError)(?:[A-Za-z_][\w.]*(?:Error|Exception|Warning)|Exception): (?=\S)/;
const keyAlone = /^(?:'[^'\n]*'|"[^"\n]*")$/;
/** Of Python, of JavaScript and Java, of Rust. */
const frame =
  /^[ \t|+-]*File "[^"\n]*", line \d+.*$\n?(?:^[ \t|]{4,}.*$\n?)*|^[ \t]+at .*[:(].*$\n?|^[ \t]*\d+: [\w:<>]+::.*$\n?/gm;

/** What follows the last traceback: its frames are indented, the exception is not. */
function afterTrace(text: string): string {
  const at = text.lastIndexOf(traceHead);
  if (at < 0) return text;
  return text.slice(at + traceHead.length).replace(/^(?:\s*\n|[ \t]+.*(?:\n|$))+/, '');
}

const withoutFrames = (text: string): string => text.replace(frame, '');

/** Where PostgreSQL's driver and SQLAlchemy put the statement and its data, which end the message. */
const sqlFields = /^(?:LINE \d+: |(?:DETAIL|CONTEXT|QUERY|STATEMENT|WHERE): {2})|\[(?:SQL|parameters): /m;

function withoutSql(text: string): string {
  const fields = text.search(sqlFields);
  const message = fields < 0 ? text : text.slice(0, fields);
  const at = sqlStatementAt(message);
  return at === undefined ? message : `${message.slice(0, at)}[SQL]`;
}

const address = /(?<![a-z0-9+.-])[a-z0-9+.-]+:\/\/[^\s'"<>]*[^\s'"<>.,:;?)]/gi;
/** Hosts of a cluster and of private networks, without a scheme. */
const host =
  /(?<![\w./-])(?:[\w-]+(?:\.[\w-]+)*\.(?:svc(?:\.[\w.-]+)?|cluster\.local|internal)|(?:10|127)(?:\.\d{1,3}){3}|(?:192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2})(?::\d+)?(?![\w.-]*\w)/gi;
const path = /(?<![\w.:/-])~?(?:\/[\w.@+-]+)+\/?|\b[A-Za-z]:\\[^\s'"]+/g;

const withoutPlaces = (text: string): string =>
  text
    .replace(address, (found) => (isPrivate(found) ? '[address]' : found))
    .replace(host, '[address]')
    .replace(path, (found) => (serverPath.test(found) ? '[path]' : found));

/** Folders of a server's file system, and files of programs; paths of an API are others. */
const serverPath =
  /^(?:~|[A-Za-z]:|\/(?:usr|opt|var|etc|home|root|srv|tmp|app|lib|lib64|mnt|proc|run|bin|sbin|dev|sys|workspace|nix|private|Users)\/.|\/data\/.*\.\w+$|\/[^/]+\/.*\.(?:pyc?|so|rs|go|jar|pem|key|crt|env|conf|ini)$)/;

const isCredential = secretNames(['key', 'sig', 'signature', 'code', 'auth', 'jwt', 'pass', 'sas']);

function isPrivate(found: string): boolean {
  const url = URL.parse(found);
  if (url === null || url.username !== '' || url.password !== '') return true;
  if (isInternal(url.hostname) && !objectStores.has(url.protocol)) return true;
  const pairs = [...url.searchParams, ...new URLSearchParams(url.hash.slice(1))];
  return pairs.some(([name, value]) => value !== '' && (isSecret(name) || isCredential(name)));
}

/** Their addresses name a bucket in the place of a host. */
const objectStores = new Set(['s3:', 'gs:', 'gcs:', 'azure:', 'abfs:', 'abfss:']);

/** Without a domain, of a cluster, or a number. */
const isInternal = (hostname: string): boolean =>
  !hostname.includes('.') || /\.(?:svc|local|internal|lan|corp)$|\.svc\.|^[\d.]+$/i.test(hostname);

/** Cut between two characters. */
function withinBytes(text: string, most: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  return `${new TextDecoder('utf-8').decode(bytes.subarray(0, most - 3), { stream: true })}…`;
}
