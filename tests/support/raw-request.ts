import { connect } from 'node:net';

/** Sends bytes as they are, and reads until the gateway closes or a whole answer with a length is there. */
export function rawRequest(url: string, sent: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(Number(port), hostname, () => socket.write(sent));
    socket.on('data', (chunk) => {
      received += chunk;
      if (isWhole(received)) socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(received));
  });
}

function isWhole(received: string): boolean {
  const [head = '', body] = received.split('\r\n\r\n', 2);
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  return body !== undefined && length !== undefined && Buffer.byteLength(body) >= Number(length);
}
