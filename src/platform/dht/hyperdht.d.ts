// oxlint-disable typescript/consistent-type-imports -- a module declaration cannot import by a relative name.

declare module 'hyperdht' {
  const hyperDht: import('./hyperdht-api.ts').HyperDhtClass;
  export default hyperDht;
}

declare module 'hyperdht/lib/raw-stream-set.js' {
  const rawStreamSet: import('./hyperdht-api.ts').RawStreamSetClass;
  export default rawStreamSet;
}

declare module '@hyperswarm/secret-stream' {
  const secretStream: import('./hyperdht-api.ts').SecretStreamClass;
  export default secretStream;
}

declare module 'udx-native' {
  const udx: import('./hyperdht-api.ts').UdxClass;
  export default udx;
}
