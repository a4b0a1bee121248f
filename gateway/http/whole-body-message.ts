import { IncomingMessage } from 'node:http';

/**
 * A request that keeps the first piece of its body beside the stream. Nearly every body is one piece, and a stream takes five
 * turns of the tick queue to hand over one buffer and to end; {@link takeBody} takes none. Code that reads the stream instead
 * finds all of it there.
 */
export class WholeBodyMessage extends IncomingMessage {
  #first: Buffer | undefined;
  #isNew = true;
  #isTaken = false;

  static {
    // A connection keeps its request until this is true. The types have a property where Node has this accessor.
    Object.defineProperty(WholeBodyMessage.prototype, 'readableEnded', {
      get(this: WholeBodyMessage): boolean {
        return (
          (this.#isTaken && this.complete) || (Reflect.get(IncomingMessage.prototype, 'readableEnded', this) as boolean)
        );
      },
    });
  }

  /** What the HTTP parser calls with each piece, and with null at the end. */
  override push(piece: unknown, encoding?: BufferEncoding): boolean {
    if (this.#isTaken) return true;
    // The parser has set `complete` by then.
    if (piece === null && this.#first !== undefined) return false;
    const mayKeep = this.#isNew && this.readableFlowing === null;
    this.#isNew = false;
    if (mayKeep && Buffer.isBuffer(piece)) {
      this.#first = piece;
      return piece.length < this.readableHighWaterMark;
    }
    this.#handOver();
    return super.push(piece, encoding);
  }

  /** Called when the stream is read, or thrown away. */
  override _read(size: number): void {
    // When all of it is here, reading on would bring in the request after this one, before its turn.
    if (!this.complete) super._read(size);
    this.#handOver();
  }

  /** Whether {@link takeBody} has given the body out. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /**
   * The whole body, once. The parser may still have to report the end of the message, which all announced bytes are.
   * @param bytes how many the header announces
   * @returns undefined when they are not all here in one piece; the stream has them then
   */
  takeBody(bytes: number): Buffer | undefined {
    const whole = this.#first;
    if (whole?.length !== bytes || this.destroyed) return undefined;
    this.#first = undefined;
    this.#isTaken = true;
    // With this the server knows that there is nothing to throw away, and reads on.
    if (!this.complete) super._read(0);
    return whole;
  }

  #handOver(): void {
    const first = this.#first;
    if (first === undefined) return;
    this.#first = undefined;
    super.push(first);
    if (this.complete) super.push(null);
  }
}
