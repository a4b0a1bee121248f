import { isIP, isIPv4 } from 'node:net';
import { LRUCache } from 'lru-cache';

/** Used where the system names no address; never a caller's text. */
const unknownAddress = '0.0.0.0';

/**
 * The caller's address, worked out by us. Behind `trustedProxies` hops it is the entry of `X-Forwarded-For` that the
 * outermost of them wrote: the n-th from the right; what is left of it is the caller's own text. Without hops, and
 * when that entry is missing or is not an address, it is the socket's.
 * Node and the URL standard parse the addresses; no library does more of this.
 * @returns IPv4 in dots, IPv6 in its shortest form; an IPv4 address inside IPv6 is IPv4.
 */
export function clientAddress(
  remoteAddress: string | undefined,
  xForwardedFor: string | readonly string[] | undefined,
  trustedProxies: number,
): string {
  const socket = socketAddress(remoteAddress ?? '');
  if (trustedProxies < 1 || xForwardedFor === undefined) return socket;
  const hops = (typeof xForwardedFor === 'string' ? xForwardedFor : xForwardedFor.join(',')).split(',');
  return parseAddress(hops.at(-trustedProxies) ?? '') ?? socket;
}

// Texts of sockets, which come from the system: no caller can fill it with texts of its own.
const known = new LRUCache<string, string>({ max: 1_000 });

/** Sockets live long and come from few addresses: the system's text is read once. */
function socketAddress(text: string): string {
  const found = known.get(text);
  if (found !== undefined) return found;
  const address = parseAddress(text) ?? unknownAddress;
  known.set(text, address);
  return address;
}

/** The key of a count: an IPv4 address, or the /64 network that one IPv6 customer has at least. */
export function addressKey(address: string): string {
  return isIP(address) === 6 ? `${addressGroups(address).slice(0, 4).join(':')}::/64` : address;
}

/** Some proxies add a port, and IPv6 may be in brackets; zones are ignored. */
function parseAddress(text: string): string | undefined {
  const trimmed = text.trim();
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed;
  const address = bare.split('%', 1)[0] ?? '';
  if (isIPv4(address)) return address;
  return isIP(address) === 6 ? normalised(address) : undefined;
}

/** An address of a dual-stack socket (`::ffff:192.0.2.1`, RFC 4291, section 2.5.5.2) is the IPv4 address in it. */
function normalised(address: string): string {
  const groups = addressGroups(address);
  if (groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff') {
    const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16));
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  return shortest(address);
}

/** As the URL standard writes it, so that each address has one spelling. */
const shortest = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1);

/** Eight groups of an IPv6 address in hexadecimal, without leading zeros. A zone is ignored. */
export function addressGroups(address: string): string[] {
  const [left = '', right] = shortest(address.split('%', 1)[0] ?? '').split('::');
  const before = left === '' ? [] : left.split(':');
  const after = right === undefined || right === '' ? [] : right.split(':');
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
}
