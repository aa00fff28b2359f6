// The one name of the browser's type library that the types of zstddec mention; Node's types have no WebAssembly.

declare namespace WebAssembly {
  interface WebAssemblyInstantiatedSource {
    readonly instance: object;
  }
}
