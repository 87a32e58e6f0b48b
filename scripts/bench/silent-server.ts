/** A server on every address of 127.0.0.0/8 that takes connections and never says a word. */
export function startSilentServer(): { readonly port: number } & Disposable {
  const listener = Bun.listen({ hostname: '0.0.0.0', port: 0, socket: { data() {} } })
  return { port: listener.port, [Symbol.dispose]: () => listener.stop(true) }
}
