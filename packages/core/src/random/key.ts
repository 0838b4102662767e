/** Identity of a random quantity: 64 bits as two unsigned 32-bit words. */
export interface Key {
  readonly hi: number;
  readonly lo: number;
}
