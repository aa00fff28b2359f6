declare module 'hyperdht/lib/persistent.js' {
  interface Persistent {
    verifyMutable(signature: Buffer, sequence: number, value: Buffer, publicKey: Buffer): boolean;
  }
  const persistent: Persistent;
  export default persistent;
}
