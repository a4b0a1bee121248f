import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressKey, clientAddress } from '../../../../gateway/limits/client-address.ts';

const peer = '192.0.2.1';

describe('the client is', () => {
  test.each<[string, string | readonly string[] | undefined, number, string]>([
    ['the peer without proxies, whatever it says', '203.0.113.9', 0, peer],
    ['the last entry behind one proxy', '198.51.100.7, 203.0.113.9', 1, '203.0.113.9'],
    ['the second from the right behind two', '198.51.100.7, 203.0.113.9, 10.0.0.1', 2, '203.0.113.9'],
    ['never what stands further left', 'not-this, 203.0.113.9', 1, '203.0.113.9'],
    ['the same over several headers', ['198.51.100.7', '203.0.113.9'], 1, '203.0.113.9'],
    ['the peer when the entry is missing', '203.0.113.9', 2, peer],
    ['the peer when there is no header', undefined, 1, peer],
    ['the peer when the entry is no address', '203.0.113.9, unknown', 1, peer],
    ['the peer when the entry is an attack', "1.2.3.4'::inet & '255.255.0.0", 1, peer],
    ['the peer when the entry is empty', '203.0.113.9,', 1, peer],
    ['without a port', '203.0.113.9:4711', 1, '203.0.113.9'],
    ['without brackets and port', '[2001:db8::1]:4711', 1, '2001:db8::1'],
    ['without a zone', 'fe80::1%eth0', 1, 'fe80::1'],
    ['in its shortest form', '2001:0DB8:0:0:0:0:0:0001', 1, '2001:db8::1'],
    ['IPv4 where IPv6 holds one', '::ffff:203.0.113.9', 1, '203.0.113.9'],
    ['IPv4 where IPv6 holds one in hexadecimal', '::ffff:cb00:7109', 1, '203.0.113.9'],
  ])('%s', (_name, header, hops, want) => {
    expect(clientAddress(peer, header, hops)).toBe(want);
  });

  test('IPv4 when the socket speaks IPv6', () => {
    expect(clientAddress('::ffff:192.0.2.1', undefined, 0)).toBe(peer);
  });

  test('an address even when the system names none', () => {
    expect(clientAddress(undefined, undefined, 0)).toBe('0.0.0.0');
  });

  test('always an address, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.oneof(fc.string(), fc.ipV6(), fc.ipV4()),
        fc.integer({ min: 0, max: 3 }),
        (a, b, n) => {
          expect(isIP(clientAddress(a, b, n))).not.toBe(0);
        },
      ),
    );
  });
});

describe('counted together', () => {
  test('the addresses of one IPv6 network', () => {
    expect(addressKey('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
    expect(addressKey('2001:db8:1:2::9')).toBe('2001:db8:1:2::/64');
    expect(addressKey('2001:db8:1:3::9')).not.toBe(addressKey('2001:db8:1:2::9'));
    expect(addressKey('::1')).toBe('0:0:0:0::/64');
  });

  test('nothing else', () => {
    expect(addressKey('192.0.2.1')).toBe('192.0.2.1');
  });

  test('every spelling of an address', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const once = clientAddress(address, undefined, 0);
        expect(clientAddress(once, undefined, 0)).toBe(once);
        expect(addressKey(once)).toBe(addressKey(clientAddress(address.toUpperCase(), undefined, 0)));
      }),
    );
  });
});
